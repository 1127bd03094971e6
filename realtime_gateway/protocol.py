"""The messages of a socket: what clients may say, and what they are told.

JSON text frames. Server messages are built as bytes once, however many get them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from shared.errors import Malformed
from shared.events import (
    ChangeData,
    ChangeEvent,
    EmailEvent,
    Event,
    RevocationEvent,
    Row,
    Severity,
    text_of,
)
from shared.topology import room_admin, room_artist

#: What a row's message always carries, changed or not.
ALWAYS = ("status", "rating", "feedback")

_NULL = msgspec.Raw(b"null")


#: Ids and statuses are shorter; a filter must not be a way to fill our memory.
FilterValue = Annotated[str, msgspec.Meta(max_length=200)]
#: Messages a second; slower than one in a hundred seconds is no live update any more.
MaxRate = Annotated[float, msgspec.Meta(ge=0.01, le=1_000)]


class Wanted(msgspec.Struct, frozen=True):
    """Which changes are asked for; absent fields match everything."""

    artist_id: FilterValue | None = None
    status: FilterValue | None = None
    submission_id: FilterValue | None = None

    def matches(self, event: Event) -> bool:
        """Tell whether the event is asked for; of mails only the submission counts."""
        if isinstance(event, RevocationEvent):
            return False
        data = event.data
        if self.submission_id not in {None, data.submission_id}:
            return False
        if not isinstance(event, ChangeEvent):
            return True
        row = event.data.record or event.data.old_record or {}
        return self.artist_id in {None, event.data.artist_id} and (
            self.status is None or self.status == text_of(row, "status")
        )


EVERYTHING = Wanted()


class Auth(msgspec.Struct, tag="auth", frozen=True):
    """Who I am, and the last event that I have seen; later: my new token.

    `filter` and `max_rate` (messages a second) hold from the first message on.
    """

    token: str = ""
    since: str | None = None
    filter: Wanted | None = None
    max_rate: MaxRate | None = None


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Are you there?"""


class Filter(Wanted, tag="filter", frozen=True):
    """Send only what matches, from now on."""


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


class Closing(msgspec.Struct, tag="close", frozen=True, kw_only=True):
    """The end of an event stream, which has no close frame: the code and its reason."""

    code: int
    reason: str


#: Present, and true, on what is older than what the room was told before.
Stale = Literal[True] | msgspec.UnsetType


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
    stale: Stale = msgspec.UNSET


class EmailUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the mail about the change whose event id is `cause`."""

    submission_id: str
    outcome: str
    recipient: str | None
    reason: str | None
    cause: str | None
    timestamp: str
    severity: Severity | msgspec.UnsetType = msgspec.UNSET


class _Update(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    id: str
    data: _SubmissionUpdate | EmailUpdate
    timestamp: str
    stale: Stale = msgspec.UNSET


_client_decoder = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def read(text: str) -> ClientMessage:
    """Return a client's message; raise Malformed where it is none."""
    try:
        message: ClientMessage = _client_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise Malformed(str(error)) from None
    return message


def auth_of(token: str, query: Mapping[str, str]) -> Auth:
    """Return what `auth` would say, from an address's parameters; raise Malformed."""
    wanted = {name: query[name] for name in Wanted.__struct_fields__ if name in query}
    given = {
        "token": token,
        "since": query.get("since"),
        "filter": wanted or None,
        "max_rate": query.get("max_rate"),
    }
    try:
        # Bytes of an address that are no UTF-8 come as halves of characters.
        "".join(query.values()).encode()
        return msgspec.convert(given, Auth, strict=False)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise Malformed(str(error)) from None


def write(message: Welcome | Pong | Error | Closing) -> bytes:
    """Return a message for one client as JSON."""
    return _encoder.encode(message)


def tellable(event: Event) -> ChangeEvent | EmailEvent:
    """Return an event that rooms may be told; a revocation is nobody's news."""
    if isinstance(event, RevocationEvent):
        raise TypeError("a revocation is told to nobody")
    return event


def rooms_of(event: Event) -> tuple[str, ...]:
    """Return the rooms that may see the event; of revocations nobody is told."""
    match event:
        case RevocationEvent():
            return ()
        case ChangeEvent(data=ChangeData(artist_id=str(artist_id))):
            return (room_admin(), room_artist(artist_id))
        case _:
            return (room_admin(),)


def update_of(event: ChangeEvent | EmailEvent, *, stale: bool = False) -> bytes:
    """Return the JSON that a room is told of the event.

    `stale` stands on the message, and in `data` for handlers that are given that alone.
    """
    mark: Stale = True if stale else msgspec.UNSET
    kind, data = (
        ("email_update", email_of(event))
        if isinstance(event, EmailEvent)
        else ("submission_update", _submission(event, mark))
    )
    update = _Update(
        type=kind,
        id=event.id,
        data=data,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds"),
        stale=mark,
    )
    return _encoder.encode(update)


def _submission(event: ChangeEvent, stale: Stale) -> _SubmissionUpdate:
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
        stale=stale,
    )


def _new_data(operation: str, record: Row | None, changed: list[str]) -> Row:
    if record is None:
        return {}
    always = {name: record.get(name, _NULL) for name in ALWAYS}
    if operation == "INSERT":
        return {**always, **record}
    return always | {name: record[name] for name in changed if name in record}


def email_of(event: EmailEvent) -> EmailUpdate:
    """Return what is told of a mail."""
    return EmailUpdate(
        submission_id=event.data.submission_id,
        outcome=event.data.outcome,
        recipient=event.data.recipient,
        reason=event.data.reason,
        cause=event.data.cause,
        timestamp=event.time,
        severity=event.data.severity,
    )
