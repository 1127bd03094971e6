"""Supabase's webhook payload -> a change, or a typed refusal.

The shape is that of `supabase_functions.http_request()`: `type`, `table`, `schema`,
`record`, `old_record`. Column order and set are never relied on, and values are kept
as the raw JSON text that Postgres wrote.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, TypeVar

import msgspec

from ingest_service import repeated_keys
from shared import events
from shared.errors import Malformed
from shared.events import ChangeData, Operation, Row

#: Deeper than any row of a database; parsers of readers must not be driven to theirs.
MAX_DEPTH = 64

T = TypeVar("T")

_DOCUMENTED = frozenset({"type", "table", "schema", "record", "old_record"})
_MISSING = re.compile(r"missing required field `(\w+)`")
# Possessive, and content to end with the body: strings are walked over just once.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

#: The body's top level, every value still as it was sent.
Payload = dict[str, msgspec.Raw]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | int


class NotJson(Malformed):
    """The body is not JSON in UTF-8, nested beyond reason, or of two meanings."""


class _Submission(msgspec.Struct):
    """The columns that we read; all others pass through untouched."""

    id: Id
    userid: str | int | None = None
    title: str | None = None
    status: str | None = None
    updated_at: str | None = None


_payload_decoder = msgspec.json.Decoder(Payload)
_text_decoder = msgspec.json.Decoder(str)
_schema_decoder = msgspec.json.Decoder(str | None)
_operation_decoder = msgspec.json.Decoder(Operation | None)
_row_decoder = msgspec.json.Decoder(Row | None)
_submission_decoder = msgspec.json.Decoder(_Submission | None)


def read(body: bytes) -> Payload:
    """Return the payload; raise NotJson, or Malformed where it is no object."""
    try:
        # A raw value is checked as JSON but not as text, so the text is checked first.
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 (byte {error.start})") from None
    if _too_deep(body):
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
    payload = _decode(_payload_decoder, body, "$")
    if repeated_keys.exist_in(text):
        raise NotJson("a key stands twice in one object")
    return payload


def table_of(payload: Payload) -> tuple[str, str | None]:
    """Return table and schema; raise Malformed where the table is not named."""
    if "table" not in payload:
        raise Malformed("the table is not named", "$.table")
    table = _member(_text_decoder, payload, "table")
    return table or "", _member(_schema_decoder, payload, "schema")


def change_of(payload: Payload) -> ChangeData:
    """Return the change that a payload of the submissions table tells of.

    Raises Malformed where a row lacks what every submission has.
    """
    new, old = (_member(_row_decoder, payload, n) for n in ("record", "old_record"))
    given = _member(_operation_decoder, payload, "type")
    operation = given or _inferred(old, new)
    old = None if operation == "INSERT" else _present(old, "$.old_record")
    new = None if operation == "DELETE" else _present(new, "$.record")
    before = _member(_submission_decoder, payload, "old_record")
    after = _member(_submission_decoder, payload, "record")
    submission = _present(before if new is None else after, "$")
    extra = {name: v for name, v in payload.items() if name not in _DOCUMENTED}
    return ChangeData(
        operation=operation,
        submission_id=str(submission.id),
        artist_id=None if submission.userid is None else str(submission.userid),
        title=submission.title,
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
    parts: list[bytes | msgspec.Raw] = [change.operation.encode()]
    for row in (change.old_record, change.record):
        if row is None:
            parts.append(b"\x00")
            continue
        parts.append(b"\x01")
        for column in sorted(row):
            parts += (column.encode(), b"\x00", row[column], b"\x00")
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def _inferred(old: Row | None, new: Row | None) -> Operation:
    if old is None and new is None:
        raise Malformed("neither record nor old_record tells what changed")
    if new is None:
        return "DELETE"
    return "INSERT" if old is None else "UPDATE"


def _present(row: T | None, path: str) -> T:
    if row is None:
        raise Malformed("a submission must be an object", path)
    return row


def _changed(old: Row, new: Row) -> list[str]:
    names = [*new, *(name for name in old if name not in new)]
    return [name for name in names if old.get(name) != new.get(name)]


def _member(decoder: msgspec.json.Decoder[T], payload: Payload, name: str) -> T | None:
    value = payload.get(name)
    return None if value is None else _decode(decoder, value, f"$.{name}")


def _decode(
    decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, path: str
) -> T:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _with_path(str(error), path) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(str(error), path) from None


def _with_path(text: str, path: str) -> Malformed:
    """Return msgspec's sentence as reason and path, `$.record.id` for a missing key."""
    reason, _, inner = text.partition(" - at `$")
    missing = _MISSING.search(reason)
    named = f".{missing[1]}" if missing else ""
    return Malformed(reason, path + inner.rstrip("`") + named)


def _too_deep(body: bytes) -> bool:
    # The number of brackets bounds the depth, and nearly every body has few.
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        # The innermost level goes; to walk over the brackets takes 100 times as long.
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets
