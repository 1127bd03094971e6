"""Supabase's webhook payload -> a change, or a typed refusal.

The shape is that of `supabase_functions.http_request()`: `type`, `table`, `schema`,
`record`, `old_record`. Column order and set are never relied on, and values are kept
as the raw JSON text that Postgres wrote.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal, TypeVar

import msgspec

from shared import events
from shared.errors import Malformed
from shared.events import ChangeData, Operation, Row

#: Deeper than any row of a database; parsers of readers must not be driven to theirs.
MAX_DEPTH = 64

T = TypeVar("T")

_DOCUMENTED = frozenset({"type", "table", "schema", "record", "old_record"})
_MISSING = re.compile(r"missing required field `(\w+)`")
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class NotJson(Malformed):
    """The body is not JSON in UTF-8, or nested beyond reason."""


class _Submission(msgspec.Struct):
    """The columns that we read; all others pass through untouched."""

    id: str | int
    userid: str | int | None = None
    title: str | None = None
    status: str | None = None
    updated_at: str | None = None


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's body, its wrapper understood and its rows still raw."""

    table: str
    type: Literal["INSERT", "UPDATE", "DELETE"] | None = None
    schema: str | None = None
    record: Row | None = None
    old_record: Row | None = None


class _TypedPayload(msgspec.Struct):
    record: _Submission | None = None
    old_record: _Submission | None = None


_payload_decoder = msgspec.json.Decoder(Payload)
_typed_decoder = msgspec.json.Decoder(_TypedPayload)
_all_keys_decoder = msgspec.json.Decoder(Row)


def read(body: bytes) -> Payload:
    """Return the payload; raise NotJson, or Malformed with the path of the fault."""
    try:
        # A raw value is checked as JSON but not as text, so the text is checked first.
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 (byte {error.start})") from None
    if _too_deep(body):
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
    return _decode(_payload_decoder, body)


def change_of(payload: Payload, body: bytes) -> ChangeData:
    """Return the change that a payload of the submissions table tells of.

    Raises Malformed where a row lacks what every submission has.
    """
    typed = _decode(_typed_decoder, body)
    operation = _operation(payload)
    row = typed.old_record if operation == "DELETE" else typed.record
    if row is None:
        raise Malformed("a submission must be an object", _row_path(operation))
    old, new = payload.old_record, payload.record
    if operation == "INSERT":
        old = None
    if operation == "DELETE":
        new = None
    extra = _undocumented(body)
    return ChangeData(
        operation=operation,
        submission_id=str(row.id),
        artist_id=None if row.userid is None else str(row.userid),
        title=row.title,
        updated_fields=_changed(old or {}, new or {}),
        record=new,
        old_record=old,
        extra=extra or msgspec.UNSET,
    )


def event_type(change: ChangeData) -> str:
    """Return the event type, which is its routing key too."""
    if change.operation == "INSERT":
        return events.INSERTED
    if change.operation == "DELETE":
        return events.DELETED
    changed = "status" in change.updated_fields
    return events.STATUS_CHANGED if changed else events.UPDATED


def fingerprint(change: ChangeData) -> str:
    """Return what two deliveries of the same change have in common.

    Two webhooks on one table tell of one change in two requests with equal rows.
    """
    digest = hashlib.sha256(change.operation.encode())
    for row in (change.old_record, change.record):
        digest.update(b"\x00" if row is None else b"\x01")
        for column in sorted(row or {}):
            digest.update(
                column.encode() + b"\x00" + bytes((row or {})[column]) + b"\x00"
            )
    return digest.hexdigest()[:32]


def _operation(payload: Payload) -> Operation:
    operation = payload.type or _inferred(payload)
    if operation != "DELETE" and payload.record is None:
        raise Malformed("a submission must be an object", "$.record")
    if operation != "INSERT" and payload.old_record is None:
        raise Malformed("a submission must be an object", "$.old_record")
    return operation


def _inferred(payload: Payload) -> Operation:
    if payload.record is None and payload.old_record is None:
        raise Malformed("neither record nor old_record tells what changed")
    if payload.record is None:
        return "DELETE"
    return "INSERT" if payload.old_record is None else "UPDATE"


def _row_path(operation: Operation) -> str:
    return "$.old_record" if operation == "DELETE" else "$.record"


def _changed(old: Row, new: Row) -> list[str]:
    names = [*new, *(name for name in old if name not in new)]
    return [name for name in names if _differs(old.get(name), new.get(name))]


def _differs(old: msgspec.Raw | None, new: msgspec.Raw | None) -> bool:
    if old is None or new is None:
        return old is not new
    return bytes(old) != bytes(new)


def _undocumented(body: bytes) -> Row:
    keys = _all_keys_decoder.decode(body)
    return {name: value for name, value in keys.items() if name not in _DOCUMENTED}


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _with_path(str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _with_path(text: str) -> Malformed:
    """Return msgspec's sentence as reason and path, `$.record.id` for a missing key."""
    reason, _, path = text.partition(" - at `")
    missing = _MISSING.search(reason)
    steps = [path.rstrip("`") or "$", *(missing.groups() if missing else ())]
    return Malformed(reason, ".".join(steps))


def _too_deep(body: bytes) -> bool:
    # The number of brackets bounds the depth, and nearly every body has few.
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKENS.finditer(body):
        first = token[0]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False
