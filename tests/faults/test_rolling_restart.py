"""Gateways are restarted in turn under load: their clients move on and miss nothing."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from tests.plugins.edge import Edge
from tests.plugins.followers import Follower
from tests.plugins.services import start_gateway, start_ingest, until
from tests.plugins.sockets import login, signed_change, users_id

PACE = 0.02
#: Changes before, between and after the restarts, so that each falls under load.
STRETCH = 60


class Load(threading.Thread):
    """Changes at a steady pace, every other one an artist's, until it is left."""

    def __init__(self, ingest, artist):
        super().__init__(daemon=True)
        self._ingest = ingest
        self._artist = artist
        self._ending = threading.Event()
        self.all = []
        self.artists = []

    def run(self):
        for number in itertools.count():
            owner = self._artist if number % 2 else "somebody-else"
            sent = signed_change(self._ingest, userid=owner)["event_id"]
            self.all.append(sent)
            if number % 2:
                self.artists.append(sent)
            if self._ending.wait(PACE):
                return

    def end(self):
        self._ending.set()
        self.join(20)
        assert not self.is_alive()


@pytest.mark.timeout(110)
async def test_clients_of_gateways_restarted_in_turn_hear_every_event_once_in_order(
    start, bus_url, supabase, tmp_path
):
    ingest = await asyncio.to_thread(start_ingest, start, bus_url)
    gateways = [
        await asyncio.to_thread(
            start_gateway, start, bus_url, supabase.url, tmp_path / name
        )
        for name in ("first", "second")
    ]
    ada, _ = users_id(supabase, "ada@melotech.test")
    rooms = {
        "admin": login(supabase, "admin@melotech.test"),
        f"artist/{ada}": login(supabase, "ada@melotech.test"),
    }
    # There must be a position to come back to before the load begins.
    first = signed_change(ingest, userid=ada)["event_id"]
    followers = {
        room: [Follower(doors, room, token) for doors in (gateways, gateways[::-1]) * 2]
        for room, token in rooms.items()
    }
    everyone = [each for room in followers.values() for each in room]
    tasks = [asyncio.create_task(each.run()) for each in everyone]
    await asyncio.to_thread(until, lambda: all(each.since for each in everyone))

    load = Load(ingest, ada)
    load.start()

    def another_stretch():
        goal = len(load.all) + STRETCH
        until(lambda: len(load.all) >= goal)

    try:
        await asyncio.to_thread(another_stretch)
        for gateway in gateways:
            assert await asyncio.to_thread(gateway.stop) == 0
            await asyncio.to_thread(another_stretch)
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(another_stretch)
    finally:
        await asyncio.to_thread(load.end)

    expected = dict(zip(followers, (load.all, load.artists), strict=True))

    def caught_up():
        return all(
            each.heard and each.heard[-1] == expected[room][-1]
            for room, members in followers.items()
            for each in members
        )

    await asyncio.to_thread(until, caught_up)
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(end) for end in ends} == {asyncio.CancelledError}
    for room, members in followers.items():
        for each in members:
            assert [one for one in each.heard if one != first] == expected[room]
            assert not each.lost_the_thread
            assert set(each.closes) == {4202}


async def test_drained_gateway_sends_each_client_away_once_and_gets_none_back(
    start, bus_url, supabase, tmp_path
):
    gateways = [
        await asyncio.to_thread(
            start_gateway, start, bus_url, supabase.url, tmp_path / name
        )
        for name in ("first", "second")
    ]
    ingest = await asyncio.to_thread(start_ingest, start, bus_url)
    signed_change(ingest)
    token = login(supabase, "admin@melotech.test")
    addresses = [gateway.url.removeprefix("http://") for gateway in gateways]
    async with Edge(tmp_path, *addresses) as edge:
        followers = [Follower([edge], "admin", token) for _ in range(20)]
        tasks = []
        for each in followers:
            # One after the other: the edge shares out by those that it has by then.
            tasks.append(asyncio.create_task(each.run()))
            await asyncio.to_thread(until, lambda each=each: each.since)

        assert await asyncio.to_thread(gateways[0].stop) == 0

        last = signed_change(ingest)["event_id"]
        await asyncio.to_thread(until, lambda: all(last in f.heard for f in followers))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(each.closes for each in followers) == [[]] * 10 + [[4202]] * 10
