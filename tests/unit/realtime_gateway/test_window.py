"""The window and conflation: what is kept of the newest events."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_gateway import frames, window
from realtime_gateway.conflation import Conflated, merged
from realtime_gateway.told import Told, pieces
from realtime_gateway.window import Window
from tests.unit.realtime_gateway.conftest import change


def test_window_gives_what_came_after_a_position_and_knows_its_bounds():
    kept = Window(10)
    for number in (11, 12, 13):
        kept.add(Told(change(number)))

    assert [t.position for t in kept.after(11, at_most=5)] == [12, 13]
    assert [t.position for t in kept.after(10, at_most=2)] == [11, 12]
    assert kept.after(13, at_most=5) == []
    assert kept.after(9, at_most=5) is None
    assert kept.position_of("e12") == 12
    assert kept.position_of("e10") is None


def test_event_that_is_stored_anew_does_not_break_the_window():
    kept = Window(0)
    for number in range(1, 5 * window.KEPT_EVENTS):
        stored = change(number)
        again = msgspec.structs.replace(stored.event, id=f"e{number % 700}")
        kept.add(Told(replace(stored, event=again)))

    assert kept.position_of("e1") == 700 * ((5 * window.KEPT_EVENTS - 2) // 700) + 1


def test_window_is_bounded_and_forgets_the_oldest():
    kept = Window(0)
    for number in range(1, 5 * window.KEPT_EVENTS):
        kept.add(Told(change(number)))

    everything = kept.after(kept.floor, at_most=10**6)
    assert window.KEPT_EVENTS <= len(everything) <= 2 * window.KEPT_EVENTS
    assert everything[0].position == kept.floor + 1
    assert everything[-1].position == 5 * window.KEPT_EVENTS - 1
    assert kept.after(kept.floor - 1, at_most=1) is None
    assert kept.position_of("e1") is None


@given(st.lists(st.integers(0, 400), max_size=30), st.integers(1, 2_000))
def test_pieces_join_everything_in_order_and_stay_near_their_limit(sizes, limit):
    told = [Told(change(n, title="x" * s)) for n, s in enumerate(sizes, start=1)]

    made = list(pieces(told, frames.text, max_bytes=limit))

    assert b"".join(p.data for p in made) == b"".join(
        t.encoded(frames.text) for t in told
    )
    for piece in made:
        alone = told[piece.position - 1].encoded(frames.text) == piece.data
        assert len(piece.data) <= limit or alone


def waiting(conflated):
    return [conflated.take() for _ in range(len(conflated))]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))))
def test_conflated_says_all_that_changed_in_the_order_of_the_newest(changes):
    conflated, fields = Conflated(), {}
    for number, (submission, field) in enumerate(changes, start=1):
        conflated.add(Told(change(number, submission=submission, **{field: number})))
        fields.setdefault(submission, {})[field] = number

    told = waiting(conflated)

    assert [t.position for t in told] == sorted(t.position for t in told)
    assert {t.event.subject for t in told} == set(fields)
    for each in told:
        assert set(each.event.data.updated_fields) == set(fields[each.event.subject])


def test_stale_event_does_not_replace_a_newer_one_that_waits():
    conflated = Conflated()
    conflated.add(Told(change(1, title="new")))
    stale = Told(change(2, title="old"))
    stale.stale = True
    conflated.add(stale)

    assert [t.position for t in waiting(conflated)] == [1]


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("INSERT", "UPDATE", "INSERT"),
        ("UPDATE", "UPDATE", "UPDATE"),
        ("INSERT", "DELETE", "DELETE"),
        ("UPDATE", "DELETE", "DELETE"),
        ("DELETE", "INSERT", "INSERT"),
    ],
)
def test_two_operations_become_the_one_that_tells_of_both(first, second, result):
    def told(number, operation):
        stored = change(number, title=operation)
        data = msgspec.structs.replace(stored.event.data, operation=operation)
        event = msgspec.structs.replace(stored.event, data=data)
        return Told(replace(stored, event=event))

    both = merged(told(1, first), told(2, second))

    assert both.event.data.operation == result
    message = json.loads(both.encoded(frames.text)[4:])
    assert message["id"] == "e1"
    assert message["data"]["event"] == result
