"""The messages of a socket: what clients may say, and what they are told.

JSON text frames. Server messages are built as bytes once, however many get them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from shared.errors import Malformed
from shared.events import ChangeEvent, EmailEvent, Event, Row
from shared.topology import room_admin, room_artist

#: Longer than any token and filter; a longer frame ends the socket (1009).
MAX_CLIENT_MESSAGE_BYTES = 16_384

#: What a row's message always carries, changed or not.
ALWAYS = ("status", "rating", "feedback")

_NULL = msgspec.Raw(b"null")


class Auth(msgspec.Struct, tag="auth", frozen=True):
    """Who I am, and the last event that I have seen; later: my new token."""

    token: str = ""
    since: str | None = None


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Are you there?"""


class Filter(msgspec.Struct, tag="filter", frozen=True):
    """Send only what matches; absent fields match everything."""

    artist_id: str | None = None
    status: str | None = None


ClientMessage = Auth | Ping | Filter


class Welcome(msgspec.Struct, tag="welcome", frozen=True, kw_only=True):
    """You are in `room`; times in seconds.

    Everything after `last_event_id` will be sent. `recovered` false: what came before
    is not complete, fetch a snapshot.
    """

    connection_id: str
    room: str
    recovered: bool
    last_event_id: str | None
    ping_interval: float
    token_expires_in: int


class Pong(msgspec.Struct, tag="pong", frozen=True):
    """Yes."""


class Error(msgspec.Struct, tag="error", frozen=True, kw_only=True):
    """The last message was not understood; the socket stays open."""

    code: str
    message: str


class _SubmissionUpdate(msgspec.Struct, frozen=True, kw_only=True):
    event: Literal["INSERT", "UPDATE", "DELETE"]
    submission_id: str
    title: str | None
    artist_id: str | None
    updated_fields: list[str]
    new_data: Row
    old_data: Row
    version: str | None
    timestamp: str


class _EmailUpdate(msgspec.Struct, frozen=True, kw_only=True):
    submission_id: str
    outcome: str
    recipient: str | None
    reason: str | None
    timestamp: str


class _Update(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    id: str
    data: _SubmissionUpdate | _EmailUpdate
    timestamp: str


_client_decoder = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def read(text: str) -> ClientMessage:
    """Return a client's message; raise Malformed where it is none."""
    try:
        message: ClientMessage = _client_decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None
    return message


def write(message: Welcome | Pong | Error) -> bytes:
    """Return a message for one client as JSON."""
    return _encoder.encode(message)


def rooms_of(event: Event) -> tuple[str, ...]:
    """Return the rooms that may see the event."""
    if isinstance(event, EmailEvent) or event.data.artist_id is None:
        return (room_admin(),)
    return (room_admin(), room_artist(event.data.artist_id))


def update_of(event: Event) -> bytes:
    """Return the JSON that a room is told of the event."""
    kind = "email_update" if isinstance(event, EmailEvent) else "submission_update"
    data = _email(event) if isinstance(event, EmailEvent) else _submission(event)
    sent = datetime.now(UTC).isoformat(timespec="milliseconds")
    return _encoder.encode(_Update(type=kind, id=event.id, data=data, timestamp=sent))


def _submission(event: ChangeEvent) -> _SubmissionUpdate:
    data = event.data
    old = data.old_record or {}
    changed = data.updated_fields
    return _SubmissionUpdate(
        event=data.operation,
        submission_id=data.submission_id,
        title=data.title,
        artist_id=data.artist_id,
        updated_fields=changed,
        new_data=_new_data(data.operation, data.record, changed),
        old_data={name: old[name] for name in changed if name in old},
        version=event.version,
        timestamp=event.time,
    )


def _new_data(operation: str, record: Row | None, changed: list[str]) -> Row:
    if record is None:
        return {}
    always = {name: record.get(name, _NULL) for name in ALWAYS}
    if operation == "INSERT":
        return {**always, **record}
    return always | {name: record[name] for name in changed if name in record}


def _email(event: EmailEvent) -> _EmailUpdate:
    return _EmailUpdate(
        submission_id=event.data.submission_id,
        outcome=event.data.outcome,
        recipient=event.data.recipient,
        reason=event.data.reason,
        timestamp=event.time,
    )
