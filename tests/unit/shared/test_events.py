"""Events: they arrive as they left, and what is no event is said to be none."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import events
from shared.errors import Malformed
from shared.events import ChangeData, ChangeEvent, EmailData, EmailEvent

ODD = {
    "id": b'"s-1"',
    "big": b"9007199254740993",
    "huge": b"1" + b"0" * 300,
    "price": b"1.10",
    "nan": b'"NaN"',
    "updated_at": b'"2025-07-01T08:00:00.12-04:00"',
    "nested": b'{"a": [1, {"b": null}]}',
}


def change(**overrides):
    row = {name: msgspec.Raw(value) for name, value in ODD.items()}
    data = ChangeData(operation="INSERT", submission_id="s-1", record=row)
    facts = {
        "id": "evt_1",
        "source": "/test",
        "type": events.INSERTED,
        "subject": "s-1",
        "time": "2026-11-23T12:00:00.000+00:00",
        "data": data,
    }
    return ChangeEvent(**(facts | overrides))


def test_values_of_a_row_survive_the_bus_to_the_letter():
    decoded = events.decode(events.encode(change()))

    assert isinstance(decoded, ChangeEvent)
    assert {k: bytes(v) for k, v in decoded.data.record.items()} == ODD


def test_event_is_a_cloud_event_and_absent_attributes_are_left_out():
    document = msgspec.json.decode(events.encode(change()))

    assert document["specversion"] == "1.0"
    assert document["type"] == "submission.inserted"
    assert document["subject"] == "s-1"
    assert "sequence" not in document
    assert "extra" not in document["data"]


def test_version_is_the_sequence_where_there_is_one_else_updated_at():
    assert change().version == "2025-07-01T08:00:00.12-04:00"
    assert change(sequence="42").version == "42"


def test_email_event_round_trips():
    data = EmailData(submission_id="s-1", outcome="accepted", recipient="a***@x.test")
    event = EmailEvent(
        id="e", source="/m", type="email.accepted", subject="s-1", time="t", data=data
    )

    assert events.decode(events.encode(event)) == event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"type": 1}',
        b'{"type": "submission.updated"}',
        b'{"type": "other.thing"}',
        b"\xff",
        events.encode(change()).replace(b"NaN", b"N\xffN"),
        b'{"type":"submission.x","data":' + b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_malformed(body):
    with pytest.raises(Malformed):
        events.decode(body)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_malformed(body):
    with contextlib.suppress(Malformed):
        events.decode(body)


def test_masked_address_is_recognisable_and_useless():
    assert events.mask("ada@melotech.test") == "a***@melotech.test"
    assert events.mask("nonsense") == "***"


def test_derived_id_is_the_same_every_time_and_differs_by_purpose():
    assert events.derived_id("a", "x") == events.derived_id("a", "x")
    assert events.derived_id("a", "x") != events.derived_id("a", "y")
