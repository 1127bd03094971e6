"""A row's webhook, signed: an event that says what the body says, or a refusal.

Python's own reader of JSON tells what the body says.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ingest_service.intake import Accepted, Endpoint, Ignored, Request, Rules, decide
from ingest_service.payloads import MAX_DEPTH
from shared import events, signature
from shared.events import ChangeEvent, Row
from tests.fuzz import words
from tests.fuzz.reading import read
from tests.fuzz.target import Target

KEY = b"key of the fuzzed webhooks"
RULES = Rules(keys=(KEY,), tolerance=300)
NOW = 1_790_000_000.0
REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


def check(body: bytes) -> None:
    """Raise where a signed body is neither understood as it is nor refused."""
    headers = {
        "content-type": "application/json",
        signature.PLAIN: signature.sign_plain(body, KEY),
    }
    for endpoint in Endpoint:
        request = Request(endpoint=endpoint, body=body, headers=headers)
        decision = decide(request, RULES, now=NOW, new_id="evt_1")
        if isinstance(decision, Accepted):
            _check_event(body, decision.event)
        elif not isinstance(decision, Ignored):
            assert decision.status in REFUSALS
            assert decision.detail
            assert decision.path is None or decision.path.startswith("$")


def _check_event(body: bytes, event: ChangeEvent) -> None:
    assert events.decode(events.encode(event)) == event
    said = read(body, _unambiguous)
    assert isinstance(said, dict)
    assert _depth(said) <= MAX_DEPTH
    assert said.get("type") in {event.data.operation, None}
    new, old = event.data.record, event.data.old_record
    _check_row(new, said.get("record"))
    _check_row(old, said.get("old_record"))
    if new is not None and old is not None:
        # Two spellings of one value may count as a change; two values always do.
        before, after = said["old_record"], said["record"]
        missing = object()
        differing = {
            name
            for name in before.keys() | after.keys()
            if before.get(name, missing) != after.get(name, missing)
        }
        assert differing <= set(event.data.updated_fields)


def _check_row(row: Row | None, said: Any) -> None:
    if row is not None:
        assert {name: read(bytes(raw)) for name, raw in row.items()} == said


def _unambiguous(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    assert len(found) == len(members), "a key stands twice"
    return found


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, inner), default=0)


def _deep(levels: int) -> bytes:
    inside = b"[" * levels + b"]" * levels
    return b'{"type":"INSERT","table":"submissions","record":{"id":1,"x":%s}}' % inside


TARGET = Target(
    name="payloads",
    check=check,
    seeds=[
        *words.bodies(),
        b'{"type":"DELETE","table":"submissions","record":null,"old_record":{"id":7}}',
        b'{"table":"submissions","record":{"id":"1","status":"x","n":[[{}]]},'
        b'"old_record":{"id":"1","status":"y"},"user_id":"u"}',
        *(_deep(levels) for levels in (MAX_DEPTH - 2, MAX_DEPTH - 1, 5_000)),
    ],
    words=[
        *words.JSON,
        b'"type":"INSERT",',
        b'"table":"submissions"',
        b'"record":{"id":"1"}',
        b'"old_record":{"id":"1"}',
        b'"status":"approved"',
        b'"schema":"public",',
    ],
)
