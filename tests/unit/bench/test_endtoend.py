"""A case is sustained or it is not, and only what is steady has a latency."""

from __future__ import annotations

import pytest

from bench.endtoend.cases import case
from bench.endtoend.judgement import Load, Run, judge
from bench.outbox.ways import WAYS

SECOND = 1_000_000_000
MS = 1_000_000
LOAD = Load(gateway=0.1, carrier=0.1, machine=0.5)
CASE = case(WAYS[1], rate=50, sockets=2, seconds=10, changes=1, warm_up=2)


def run_of(*, lasting, late=0.0, rate=50):
    """Return a run at `rate`; `lasting` is the latency of a change in seconds."""
    due = [SECOND * number // rate for number in range(12 * rate)]
    committed = [at + round(late * at) for at in due]
    arrivals = [[at + round(lasting(at / SECOND) * SECOND)] * 2 for at in committed]
    return Run(began=0, due=due, committed=committed, arrivals=arrivals)


def test_what_is_told_as_fast_as_it_comes_has_percentiles():
    told = judge(CASE, run_of(lasting=lambda _: 0.02), LOAD)

    assert told.sustained
    assert told.changes == 500
    assert told.reached_a_second == pytest.approx(50, abs=0.2)
    assert told.backlog == 1
    assert told.p50_ms == pytest.approx(20, rel=0.02)
    assert told.p99_ms == pytest.approx(20, rel=0.02)
    assert sum(told.latencies.values()) == 500 * 2


def test_a_way_that_pauses_for_a_second_is_sustained_all_the_same():
    told = judge(CASE, run_of(lasting=lambda at: 1.1 - at % 1.1), LOAD)

    assert told.sustained
    assert told.p99_ms == pytest.approx(1090, rel=0.03)


def test_a_backlog_that_grows_has_no_percentiles_but_what_was_reached():
    told = judge(CASE, run_of(lasting=lambda at: 0.02 + 1.5 * at), LOAD)

    assert not told.sustained
    assert (told.p50_ms, told.p90_ms, told.p99_ms) == (None, None, None)
    assert told.latencies == {}
    assert told.reached_a_second == pytest.approx(20, abs=0.5)
    assert told.backlog == pytest.approx(12 * 30, abs=5)
    assert told.drained_seconds == pytest.approx(18, abs=0.2)


def test_a_writer_that_cannot_keep_the_pace_sustains_nothing():
    told = judge(CASE, run_of(lasting=lambda _: 0.02, late=0.2), LOAD)

    assert not told.sustained
    assert told.committed_a_second == pytest.approx(50 / 1.2, abs=0.5)


def test_a_seldom_change_lasts_until_there_are_enough_of_them():
    seldom = case(WAYS[0], rate=1, sockets=1)

    assert seldom.seconds == 60
    assert case(WAYS[0], rate=50, sockets=1).seconds == 15
    assert all(0 < at < 63 for at in seldom.moments())
