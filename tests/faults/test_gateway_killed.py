"""The gateway dies under load: clients miss nothing and hear nothing twice."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from tests.plugins.services import start_gateway, start_ingest, until
from tests.plugins.sockets import Client, login, signed_change

CHANGES = 300


class Follower:
    """A client that comes back after every drop, with the last id that it has seen."""

    def __init__(self, gateway, token):
        self.gateway = gateway
        self.token = token
        self.seen = []
        self.since = None
        self.lost_the_thread = False

    async def run(self):
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, AssertionError):
                async with Client(self.gateway, "admin") as client:
                    await client.auth(self.token, since=self.since)
                    welcome = await client.next("welcome")
                    if self.since is None:
                        self.since = welcome["last_event_id"]
                    elif not welcome["recovered"]:
                        self.lost_the_thread = True
                    while True:
                        update = await client.next("submission_update", timeout=60)
                        self.seen.append(update["id"])
                        self.since = update["id"]
            await asyncio.sleep(0.05)


@pytest.mark.timeout(110)
async def test_clients_of_a_gateway_that_is_killed_miss_nothing_and_hear_nothing_twice(
    start, bus_url, supabase, tmp_path
):
    ingest = await asyncio.to_thread(start_ingest, start, bus_url)
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, supabase.url, tmp_path / "gateway"
    )
    token = login(supabase, "admin@melotech.test")
    # The position must be known before the first change, so one is made up front.
    first = signed_change(ingest)["event_id"]
    followers = [Follower(gateway, token) for _ in range(3)]
    tasks = [asyncio.create_task(follower.run()) for follower in followers]

    def joined():
        return all(follower.since for follower in followers)

    await asyncio.to_thread(until, joined)
    sent = []
    for number in range(CHANGES):
        answer = await asyncio.to_thread(signed_change, ingest)
        sent.append(answer["event_id"])
        if number in (60, 150, 220):
            gateway.kill()
            gateway.start(wait=False)

    def caught_up():
        return all(f.seen and f.seen[-1] == sent[-1] for f in followers)

    await asyncio.to_thread(until, caught_up, timeout=40)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for follower in followers:
        assert [each for each in follower.seen if each != first] == sent
        assert not follower.lost_the_thread


async def test_gateway_that_lost_its_file_reads_the_stream_again(
    start, bus_url, supabase, tmp_path
):
    ingest = await asyncio.to_thread(start_ingest, start, bus_url)
    folder = tmp_path / "gateway"
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, supabase.url, folder
    )
    sent = [signed_change(ingest)["event_id"] for _ in range(20)]
    gateway.kill()
    for file in folder.iterdir():
        file.unlink()
    await asyncio.to_thread(gateway.start)

    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, "admin@melotech.test"), since=sent[4])
        assert (await admin.next("welcome"))["recovered"] is True
        got = [(await admin.next("submission_update"))["id"] for _ in range(15)]
    assert got == sent[5:]


async def test_stream_that_was_made_anew_is_noticed_and_told(
    start, private_broker, supabase, tmp_path
):
    import pika

    from shared.topology import CHANGE_LOG_STREAM

    bus_url = private_broker.url
    ingest = await asyncio.to_thread(start_ingest, start, bus_url)
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, supabase.url, tmp_path / "gateway"
    )
    old = [signed_change(ingest)["event_id"] for _ in range(5)]
    token = login(supabase, "admin@melotech.test")
    async with Client(gateway, "admin") as admin:
        await admin.auth(token, since=old[0])
        assert (await admin.next("welcome"))["recovered"] is True
        connection = pika.BlockingConnection(pika.URLParameters(bus_url))
        connection.channel().queue_delete(CHANGE_LOG_STREAM)
        connection.close()

        assert (await admin.closed_with(timeout=30))[0] == 4202
    await asyncio.to_thread(gateway.wait_ready)

    async with Client(gateway, "admin") as back:
        await back.auth(token, since=old[-1])
        assert (await back.next("welcome", timeout=20))["recovered"] is False
        live = signed_change(ingest)["event_id"]
        assert (await back.next("submission_update"))["id"] == live
