"""Slow and stalled clients: delayed, never short of an event, and nobody else waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import psutil
import requests

from tests.plugins.services import start_gateway, until
from tests.plugins.sockets import Client, signed_change

STALLED = 8
BIG = "x" * 200_000


def health(gateway):
    return requests.get(f"{gateway.url}/health", timeout=5).json()


class Stalled:
    """A client that signs in, with a tiny window, and takes nothing until told to."""

    def __init__(self, gateway, token, *, since=""):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", gateway.port))
        query = f"?since={since}" if since else ""
        self._socket.sendall(
            f"GET /ws/admin{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        self._stream = self._socket.makefile("rb")
        while self._stream.readline() != b"\r\n":
            continue
        self.welcome = self.next()

    def next(self):
        """Return the next message, or the code that the socket is closed with."""
        first, length = self._stream.read(2)
        if length == 126:
            length = int.from_bytes(self._stream.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self._stream.read(8), "big")
        payload = self._stream.read(length)
        if first == 0x88:
            return int.from_bytes(payload[:2], "big")
        return json.loads(payload) if first == 0x81 else self.next()

    def ping(self, times):
        """Say something without listening (a ping frame, masked with zeros)."""
        self._socket.sendall(b"\x89\x80\0\0\0\0" * times)

    def close(self):
        self._stream.close()
        self._socket.close()


def gateway_with(start, bus_url, supabase, folder, **environ):
    return start_gateway(start, bus_url, supabase.url, folder, **environ)


def test_stalled_clients_are_let_go_and_leave_nothing_behind(
    start, bus_url, supabase, ingest, token, tmp_path
):
    gateway = gateway_with(
        start,
        bus_url,
        supabase,
        tmp_path / "gateway",
        MAX_WRITE_BUFFER_BYTES="100000",
        MAX_LAG_SECONDS="2",
    )
    process = psutil.Process(gateway.pid)
    files, memory = process.num_fds(), process.memory_info().rss
    with contextlib.ExitStack() as stack:
        for _ in range(STALLED):
            stack.callback(Stalled(gateway, token).close)
        assert health(gateway)["active_rooms"]["admin"] == STALLED
        for _ in range(60):
            signed_change(ingest, feedback=BIG)

        # 12 MB for each of them, of which their buffers hold a little.
        assert process.memory_info().rss - memory < 60_000_000
        until(lambda: health(gateway)["active_connections"] == 0, timeout=30)
        assert health(gateway)["refused"]["4201"] == STALLED
        until(lambda: process.num_fds() <= files + 2, timeout=30)

    assert gateway.stop() == 0


def test_client_that_stalls_for_a_while_gets_all_of_it_late(
    start, bus_url, supabase, ingest, token, tmp_path
):
    gateway = gateway_with(
        start, bus_url, supabase, tmp_path / "gateway", MAX_WRITE_BUFFER_BYTES="100000"
    )
    with contextlib.closing(Stalled(gateway, token)) as stalled:
        sent = [signed_change(ingest, feedback=BIG)["event_id"] for _ in range(40)]

        got = [stalled.next()["id"] for _ in sent]
        until(lambda: "socket.caught-up" in gateway.output())
        live = signed_change(ingest)["event_id"]

        assert [*got, stalled.next()["id"]] == [*sent, live]


def test_client_that_lags_too_far_is_closed_and_resumes_where_it_was(
    start, bus_url, supabase, ingest, token, tmp_path
):
    gateway = gateway_with(
        start,
        bus_url,
        supabase,
        tmp_path / "gateway",
        MAX_WRITE_BUFFER_BYTES="100000",
        MAX_LAG_EVENTS="10",
    )
    got = []
    with contextlib.closing(Stalled(gateway, token)) as stalled:
        sent = [signed_change(ingest, feedback=BIG)["event_id"] for _ in range(60)]
        while isinstance(message := stalled.next(), dict):
            got.append(message["id"])
        assert message == 4201

    with contextlib.closing(Stalled(gateway, token, since=got[-1])) as again:
        assert again.welcome["recovered"] is True
        got += [again.next()["id"] for _ in range(len(sent) - len(got))]
        assert got == sent


def test_client_is_heard_while_it_is_sent_what_it_missed(gateway, ingest, token):
    first = signed_change(ingest)["event_id"]
    for _ in range(30):
        signed_change(ingest, feedback=BIG)
    with contextlib.closing(Stalled(gateway, token, since=first)) as stalled:
        stalled.ping(100)

        until(lambda: health(gateway)["refused"].get("4101"))


async def test_stalled_clients_cost_the_others_nothing(gateway, ingest, token):
    stalled = [await asyncio.to_thread(Stalled, gateway, token) for _ in range(10)]
    async with contextlib.AsyncExitStack() as stack:
        others = []
        for _ in range(90):
            client = await stack.enter_async_context(Client(gateway, "admin"))
            await client.auth(token)
            await client.next("welcome")
            others.append(client)
        for _ in range(20):
            answer = await asyncio.to_thread(signed_change, ingest, feedback=BIG)
            updates = [await each.next("submission_update") for each in others]
            assert {update["id"] for update in updates} == {answer["event_id"]}
    for each in stalled:
        each.close()
