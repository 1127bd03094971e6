"""What becomes of a batch's rows, decided without a database or a broker."""

import json
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service.outbox_relay.batch import Outgoing, Row, plan, waves
from shared.amqp.message import Message
from shared.events import ChangeEvent, decode

NOW = 1_790_000_000.5


def row(sequence=7, *, table="submissions", waits=False, **facts):
    record = {"id": "s-1", "status": "pending"}
    body = {"type": "INSERT", "table": table, "schema": "public", "record": record}
    defaults = {"event_id": "msg_1", "row_key": "s-1", "payload": json.dumps(body)}
    return Row(sequence=sequence, waits=waits, **(defaults | facts))


def decided(*rows):
    return plan(rows, table="submissions", now=NOW)


def test_row_becomes_an_event_with_its_id_and_its_sequence():
    [outgoing] = decided(row()).publish

    event = decode(outgoing.message.body)

    assert isinstance(event, ChangeEvent)
    assert (event.id, event.sequence, event.subject) == ("msg_1", "7", "s-1")
    assert event.time == "2026-09-21T14:13:20.500+00:00"
    assert outgoing.message.routing_key == "submission.inserted"


def test_row_that_must_wait_is_left_alone():
    found = decided(row(waits=True))

    assert (list(found.publish), dict(found.aside)) == ([], {})


@pytest.mark.parametrize(
    ("strange", "told"),
    [
        (row(payload=None), "too large"),
        (row(event_id="no id"), "event id"),
        (row(event_id="x" * 201), "event id"),
        (row(payload='{"table": "submissions"'), "malformed at $"),
        (row(payload='{"table": "submissions"}'), "malformed at $"),
        (row(table="users"), "only changes of the table 'submissions' are taken"),
    ],
)
def test_what_is_no_event_is_set_aside_and_the_rest_is_published(strange, told):
    found = decided(strange, row(8))

    assert [each.sequence for each in found.publish] == [8]
    assert found.aside[7].told == told
    assert found.aside[7].reason


@given(st.lists(st.sampled_from("abc")))
def test_waves_hold_each_row_once_and_keep_its_order(keys):
    events = [
        Outgoing(place, key, Message(body=b"", message_id="", routing_key=""))
        for place, key in enumerate(keys)
    ]

    found = waves(events)

    by_row = defaultdict(list)
    for wave in found:
        assert len({each.row_key for each in wave}) == len(wave) > 0
        for each in wave:
            by_row[each.row_key].append(each.sequence)
    assert all(places == sorted(places) for places in by_row.values())
    assert sum(map(len, found)) == len(keys)
