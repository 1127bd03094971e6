"""Expiry and heartbeat: each at its time, one timer for all."""

from __future__ import annotations

import time

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.expiry import Expiry
from realtime_gateway.heartbeat import Heartbeat
from tests.unit.realtime_gateway.conftest import PipeOutlet, connection


async def test_tokens_end_in_their_order_and_fresh_ones_keep_the_connection(until):
    expiry, now = Expiry(), time.time()
    late, soon, renewed, left = (
        connection(PipeOutlet(), expires_at=now + seconds)
        for seconds in (60, 0.02, 0.03, 0.03)
    )
    for each in (late, soon, renewed, left):
        expiry.watch(each)
    renewed.identity = late.identity
    expiry.watch(renewed)
    expiry.forget(left)
    last = connection(PipeOutlet(), expires_at=now + 0.06)
    expiry.watch(last)

    await until(lambda: last.outlet.ended_by)

    assert soon.outlet.ended_by is CloseCode.TOKEN_EXPIRED
    assert [c.outlet.ended_by for c in (late, renewed, left)] == [None] * 3
    expiry.close()


async def test_connections_that_come_and_go_leave_nothing_with_the_expiry():
    expiry = Expiry()
    for _ in range(5_000):
        passing = connection(PipeOutlet(), expires_at=time.time() + 3_600)
        expiry.watch(passing)
        expiry.forget(passing)

    assert len(expiry._heap) < 1_000
    expiry.close()


async def test_peer_that_answers_is_pinged_again_and_silent_one_is_cut(until):
    heartbeat = Heartbeat(0.02)
    answering, silent = PipeOutlet(), PipeOutlet()
    heartbeat.watch(answering)
    heartbeat.watch(silent)

    def turns():
        answering.heard = True
        return answering.pings > 3

    await until(turns)
    assert silent.pings == 1
    assert silent.pipe.closed
    assert not answering.pipe.closed
    heartbeat.close()


async def test_slow_reader_that_still_takes_something_is_not_cut(until):
    heartbeat = Heartbeat(0.02)
    slow, stuck = PipeOutlet(), PipeOutlet()
    for outlet in (slow, stuck):
        outlet.pipe.stalled = True
        outlet.pipe.write(b"x" * 1_000)
        heartbeat.watch(outlet)

    def turns():
        slow.pipe._waiting = slow.pipe._waiting[: 900 - 100 * slow.pings]
        return slow.pings > 3

    await until(turns)
    assert stuck.pipe.closed
    assert not slow.pipe.closed
    heartbeat.close()


async def test_event_stream_is_cut_only_when_it_takes_nothing(until):
    heartbeat = Heartbeat(0.02)
    quiet, stuck = PipeOutlet(answers=False), PipeOutlet(answers=False)
    stuck.pipe.stalled = True
    stuck.pipe.write(b"x")
    heartbeat.watch(quiet)
    heartbeat.watch(stuck)

    await until(lambda: quiet.pings > 3)
    assert stuck.pipe.closed
    assert not quiet.pipe.closed
    heartbeat.close()


async def test_outlet_that_is_forgotten_is_left_alone(until):
    heartbeat = Heartbeat(0.02)
    gone, here = PipeOutlet(), PipeOutlet()
    heartbeat.watch(gone)
    heartbeat.watch(here)
    heartbeat.forget(gone)

    await until(lambda: here.pings)
    assert gone.pings == 0
    heartbeat.close()
