"""The first moments of a connection end with it."""

from __future__ import annotations

import asyncio

from realtime_gateway import unknown
from realtime_gateway.arrivals import Arrivals
from realtime_gateway.hub import Hub
from tests.unit.realtime_gateway.conftest import PipeOutlet, connection


class Feed:
    """Has read everything but what is asked for, as without a broker."""

    next_look = 1

    def __init__(self):
        self.caught_up = asyncio.Event()
        self.caught_up.set()

    def has_read_up_to(self, look):
        return False


class CatchUp:
    """Knows no event."""

    def __init__(self):
        self.looks = 0

    async def position_of(self, event_id):
        self.looks += 1


async def test_who_has_left_is_looked_for_no_more(until, monkeypatch):
    monkeypatch.setattr(unknown, "LOOK_PAUSE", 0)
    hub = Hub(position=0, last_event_id=None, flush_interval=0.0, max_buffer=1_000)
    feed, catch_up = Feed(), CatchUp()
    arrivals = Arrivals(hub, feed, catch_up, ping_interval=30)
    newcomer = connection(PipeOutlet())
    hub.admit(newcomer)
    arrivals.begin(newcomer, "made-up")
    await until(lambda: catch_up.looks > 3)

    arrivals.forget(newcomer)
    looks = catch_up.looks
    for _ in range(10):
        await asyncio.sleep(0)

    assert catch_up.looks == looks
    arrivals.forget(newcomer)
    await arrivals.close()
