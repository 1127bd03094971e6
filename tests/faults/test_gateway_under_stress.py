"""Stalled clients, slow peers, a locked file: nobody else notices, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sqlite3
import time

import aiohttp
import requests

from tests.plugins.services import (
    ANON_KEY,
    SERVICE_KEY,
    start_gateway,
    until,
)
from tests.plugins.sockets import Client, login, signed_change


async def test_sigterm_sends_away_those_who_have_not_signed_in_too(gateway):
    async with Client(gateway, "admin") as silent:
        started = time.monotonic()
        stopping = asyncio.get_running_loop().run_in_executor(None, gateway.stop)

        assert await silent.closed_with() == (4202, "server going away")
    assert await stopping == 0
    assert time.monotonic() - started < 8


async def test_clients_that_hop_between_gateways_under_load_miss_and_repeat_nothing(
    start, bus_url, supabase, ingest, token, tmp_path
):
    gateways = [
        await asyncio.to_thread(
            start_gateway, start, bus_url, supabase.url, tmp_path / name
        )
        for name in ("one", "two")
    ]
    first = signed_change(ingest)["event_id"]
    hoppers = [Hopper(gateways, token, first, turn) for turn in range(4)]
    tasks = [asyncio.create_task(hopper.run()) for hopper in hoppers]
    sent = []
    for _ in range(400):
        answer = await asyncio.to_thread(signed_change, ingest)
        sent.append(answer["event_id"])

    def done():
        return all(hopper.seen[-1:] == sent[-1:] for hopper in hoppers)

    await asyncio.to_thread(until, done)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for hopper in hoppers:
        assert hopper.seen == sent
        assert hopper.hops > 5
        assert not hopper.lost_the_thread


class Hopper:
    """A client that changes gateways after every few events."""

    def __init__(self, gateways, token, since, turn):
        self._gateways = gateways
        self._token = token
        self._since = since
        self._turn = turn
        self.seen = []
        self.hops = 0
        self.lost_the_thread = False

    async def run(self):
        while True:
            self._turn += 1
            self.hops += 1
            gateway = self._gateways[self._turn % 2]
            async with Client(gateway, "admin") as client:
                await client.auth(self._token, since=self._since)
                welcome = await client.next("welcome")
                self.lost_the_thread |= not welcome["recovered"]
                for _ in range(5 + self._turn % 7):
                    update = await client.next("submission_update", timeout=60)
                    self._since = update["id"]
                    self.seen.append(update["id"])


async def test_locked_change_log_delays_events_and_loses_none(
    gateway, ingest, token, tmp_path
):
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        before = signed_change(ingest)["event_id"]
        assert (await admin.next("submission_update"))["id"] == before
        other = sqlite3.connect(tmp_path / "gateway" / "changes.sqlite3")
        other.execute("begin immediate")
        sent = [signed_change(ingest)["event_id"] for _ in range(3)]
        await asyncio.to_thread(
            until, lambda: "changelog.not-written" in gateway.output(), timeout=20
        )
        other.rollback()
        other.close()
        sent.append(signed_change(ingest)["event_id"])

        got = [(await admin.next("submission_update"))["id"] for _ in sent]
    assert got == sent


async def test_keys_that_cannot_be_fetched_hold_nobody_beyond_the_deadline(
    start, bus_url, tmp_path, project
):
    gateway = await asyncio.to_thread(
        start_gateway,
        start,
        bus_url,
        project.url,
        tmp_path / "gateway",
        AUTH_DEADLINE_SECONDS="2",
    )
    known, unknown = project.token("ES256"), project.token("ES256", kid="made-up")
    async with Client(gateway, "admin") as client:
        await client.auth(known)
        await client.next("welcome")
    project.hangs = True
    await asyncio.sleep(2.1)  # the shortest time between two fetches

    async def close_code():
        async with Client(gateway, "admin") as client:
            await client.auth(unknown)
            return (await client.closed_with())[0]

    started = time.monotonic()
    codes = await asyncio.gather(*(close_code() for _ in range(10)))

    assert set(codes) == {4202}
    # Ten, one after the other, would have taken 20 seconds.
    assert time.monotonic() - started < 15
    async with Client(gateway, "admin") as client:
        await client.auth(known)
        await client.next("welcome")


async def test_artist_who_has_just_signed_up_gets_in(gateway, supabase):
    token = login(supabase, "cleo@melotech.test")
    service = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}
    url = f"{supabase.url}/rest/v1/users"
    row = requests.get(
        f"{url}?email=eq.cleo@melotech.test", headers=service, timeout=5
    ).json()[0]
    requests.delete(f"{url}?id=eq.{row['id']}", headers=service, timeout=5)
    async with Client(gateway, f"artist/{row['id']}") as cleo:
        await cleo.auth(token)
        assert (await cleo.closed_with())[0] == 4003
    requests.post(url, json=row, headers=service, timeout=5)
    await asyncio.sleep(2.1)  # how long nobody is remembered as nobody

    async with Client(gateway, f"artist/{row['id']}") as cleo:
        await cleo.auth(token)
        assert (await cleo.next("welcome"))["room"] == f"artist:{row['id']}"


async def test_nothing_that_a_stranger_sends_is_logged(gateway, token):
    async with aiohttp.ClientSession() as session:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.ws_connect(
                f"{gateway.url}/ws/admin", protocols=("bearer", token)
            ) as ws:
                await ws.send_str(json.dumps({"type": f"secret-{ANON_KEY}"}))
                await ws.receive()
    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        raw.sendall(b"NONSENSE " + token.encode() + b"\r\n\r\n")
        raw.recv(1_024)

    told = gateway.output()
    assert token not in told
    assert ANON_KEY not in told
    assert "Traceback" not in told
