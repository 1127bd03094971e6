"""Payloads: whatever the bytes, a change comes out or a typed refusal."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ingest_service import payloads
from shared import events
from shared.errors import Malformed

KEYS = ["type", "table", "schema", "record", "old_record", "id", "userid", "title"]
PIECES = [
    *'{}[]",:\\0d.e-+1 \n\x00\x7f\ufeff',
    *(json.dumps(key) + ":" for key in KEYS),
    *(
        '"INSERT"',
        '"submissions"',
        "true",
        "null",
        r"\ud800",
        r"\u0000",
        "1e999",
        "NaN",
    ),
    '{"id":"1"}',
    '{"id":"1","id":"2"}',
]
EVENT_TYPES = {events.INSERTED, events.UPDATED, events.STATUS_CHANGED, events.DELETED}


def understand(body):
    payload = payloads.read(body)
    payloads.table_of(payload)
    change = payloads.change_of(payload)
    assert payloads.event_type(change) in EVENT_TYPES
    assert len(payloads.fingerprint(change)) == 32


def is_understood_or_refused(body):
    try:
        understand(body)
    except Malformed as error:
        return bool(error.reason) and error.path.startswith("$")
    return True


@given(st.binary(max_size=300))
def test_any_bytes_are_understood_or_refused(body):
    assert is_understood_or_refused(body)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_anything_that_looks_like_json_is_understood_or_refused(text):
    assert is_understood_or_refused(text.encode())


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    )
)
def test_any_members_of_a_payload_are_understood_or_refused(members):
    inside = ",".join(f"{json.dumps(key)}:{value}" for key, value in members.items())

    assert is_understood_or_refused(f"{{{inside}}}".encode())


@given(st.integers(min_value=0, max_value=200), st.sampled_from(["[", '{"a":']))
def test_depth_is_bounded_exactly(levels, opening):
    closing = "]" if opening == "[" else "}"
    nested = opening * levels + "1" + closing * levels
    body = f'{{"table": "submissions", "record": {nested}}}'.encode()

    try:
        payloads.read(body)
        deeper = False
    except payloads.NotJson as error:
        deeper = "deeper" in error.reason
    # The payload itself is one level.
    assert deeper is (levels + 1 > payloads.MAX_DEPTH)
