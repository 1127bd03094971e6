"""The events on the bus: CloudEvents 1.0 in JSON, encoded and decoded.

Values of a row travel as the raw JSON text that the database wrote (`msgspec.Raw`):
integers beyond 64 bits, `1.10`, "NaN" and any time zone arrive as they left.
Source: CloudEvents 1.0, JSON event format (structured mode).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from shared.errors import Malformed

CONTENT_TYPE = "application/cloudevents+json"

Operation = Literal["INSERT", "UPDATE", "DELETE"]
Row = dict[str, msgspec.Raw]

INSERTED = "submission.inserted"
UPDATED = "submission.updated"
STATUS_CHANGED = "submission.status-changed"
DELETED = "submission.deleted"

EMAIL_ACCEPTED = "email.accepted"
EMAIL_FAILED = "email.failed"
EMAIL_SKIPPED = "email.skipped"
#: Nobody knows whether Mailgun has the mail; it is found out before anything is sent.
EMAIL_UNCERTAIN = "email.uncertain"
#: What Mailgun tells later of a mail that it accepted.
EMAIL_DELIVERED = "email.delivered"
EMAIL_COMPLAINED = "email.complained"
EMAIL_UNSUBSCRIBED = "email.unsubscribed"
EMAIL_OPENED = "email.opened"
EMAIL_CLICKED = "email.clicked"

ACCESS_REVOKED = "access.revoked"

#: Of a failure: no more attempts will be made, or the next one may succeed.
Severity = Literal["permanent", "temporary"]

#: Why no further mail may go to an address.
Suppression = Literal["bounced", "complained", "unsubscribed"]

#: What is looked at of a stranger's text, and what is kept: a sentence.
READ_OF_REASON, MAX_REASON = 2_000, 200

_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")


class ChangeData(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one row; `record` is None on DELETE, `old_record` on INSERT.

    `extra` holds what the sender put beside the documented keys, such as `user_id`:
    whose token made the change.
    """

    operation: Operation
    submission_id: str
    artist_id: str | None = None
    title: str | None = None
    updated_fields: list[str] = []
    record: Row | None = None
    old_record: Row | None = None
    extra: Row | msgspec.UnsetType = msgspec.UNSET

    @property
    def actor(self) -> str | None:
        """Return the auth id of who made the change, None where nobody said."""
        return text_of(self.extra or {}, "user_id") or None


class EmailData(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail; `recipient` masked, `cause` the change's event id.

    `severity` is a failure's: a temporary one is a delay and not the end.
    `suppression` says that no further mail may go to the address whose `recipient_key`
    this is (`shared.addresses.key_of`).
    """

    submission_id: str
    outcome: str
    recipient: str | None = None
    reason: str | None = None
    status: str | None = None
    cause: str | None = None
    severity: Severity | msgspec.UnsetType = msgspec.UNSET
    suppression: Suppression | msgspec.UnsetType = msgspec.UNSET
    recipient_key: str | msgspec.UnsetType = msgspec.UNSET


class RevocationData(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sockets end: a user's (auth id or `users.id`), a room's, or one of them."""

    user_id: str | None = None
    room: str | None = None
    connection_id: str | None = None


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    source: str
    type: str
    subject: str
    time: str
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | msgspec.UnsetType = msgspec.UNSET


class ChangeEvent(_Envelope, frozen=True, kw_only=True):
    """`submission.*`: a row changed; `sequence` is the sender's, where it gave one."""

    data: ChangeData
    sequence: str | msgspec.UnsetType = msgspec.UNSET
    fingerprint: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def version(self) -> str | None:
        """Return the row's version: the sender's sequence, else `updated_at`."""
        if self.sequence is not msgspec.UNSET:
            return self.sequence
        row = self.data.record or self.data.old_record or {}
        return text_of(row, "updated_at")


class EmailEvent(_Envelope, frozen=True, kw_only=True):
    """`email.*`: the fate of a mail."""

    data: EmailData


class RevocationEvent(_Envelope, frozen=True, kw_only=True):
    """`access.revoked`: an operator ends connections, at every gateway."""

    data: RevocationData


Event = ChangeEvent | EmailEvent | RevocationEvent


class _TypeOnly(msgspec.Struct):
    type: str


_type_decoder = msgspec.json.Decoder(_TypeOnly)
_change_decoder = msgspec.json.Decoder(ChangeEvent)
_email_decoder = msgspec.json.Decoder(EmailEvent)
_revocation_decoder = msgspec.json.Decoder(RevocationEvent)
_encoder = msgspec.json.Encoder()
_text_decoder = msgspec.json.Decoder(str | int | None)


def encode(event: Event) -> bytes:
    """Return the event as the bytes that go on the bus."""
    return _encoder.encode(event)


def decode(body: bytes) -> Event:
    """Return the event of a message body; raise Malformed where it is none."""
    try:
        # Raw values are not checked as text, and one bad byte ends a reader's socket.
        body.decode("utf-8")
        kind = _type_decoder.decode(body).type
        if kind.startswith("submission."):
            return _change_decoder.decode(body)
        if kind.startswith("email."):
            return _email_decoder.decode(body)
        if kind == ACCESS_REVOKED:
            return _revocation_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not an event of ours: {error}") from error
    raise Malformed(f"unknown event type {kind!r}", "$.type")


def text_of(row: Mapping[str, msgspec.Raw], column: str) -> str | None:
    """Return a column as text, whole numbers included; None where it has none."""
    raw = row.get(column)
    if raw is None:
        return None
    try:
        value = _text_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if value is None else str(value)


def derived_id(event_id: str, purpose: str) -> str:
    """Return the id of an event that follows from another, the same on every retry."""
    digest = hashlib.sha256(f"{event_id}\n{purpose}".encode()).hexdigest()
    return f"evt_{digest[:32]}"


def mask(address: str) -> str:
    """Return a mail address that a person may recognise and nobody can use."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if local else "***"


def without_addresses(text: str) -> str:
    """Return the beginning of a stranger's text on one line, no mail address in it."""
    start = " ".join(text[:READ_OF_REASON].split())
    return _ADDRESS.sub("(address)", start)[:MAX_REASON]
