"""Server-Sent Events: what a socket hears, for clients that cannot have one."""

from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
import pytest

from tests.plugins.services import start_gateway
from tests.plugins.sockets import Client, login, signed_change

ADMIN, ADA = "admin@melotech.test", "ada@melotech.test"


class EventSource:
    """A browser's end of an event stream, as far as the format goes."""

    def __init__(self, answer):
        self.answer = answer
        self.last_event_id = None

    async def next(self, *, timeout=10):
        fields = {}
        async with asyncio.timeout(timeout):
            async for line in self.answer.content:
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    continue
                if not text:
                    if fields:
                        break
                    continue
                name, _, value = text.partition(": ")
                fields[name] = value
        self.last_event_id = fields.get("id", self.last_event_id)
        return json.loads(fields["data"]) if fields else None


@contextlib.asynccontextmanager
async def event_source(gateway, token, query="", **headers):
    accept = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{gateway.url}/api/events{query}", headers=accept | headers
        ) as answer,
    ):
        yield EventSource(answer)


async def test_stream_tells_what_a_socket_is_told_and_resumes_by_last_event_id(
    gateway, supabase, ingest
):
    token = login(supabase, ADMIN)
    async with Client(gateway, "admin") as socket:
        await socket.auth(token)
        await socket.next("welcome")
        async with event_source(gateway, token) as source:
            assert source.answer.headers["Content-Type"] == "text/event-stream"
            welcome = await source.next()
            first = signed_change(ingest, title="Café 🎧")["event_id"]
            told = await source.next()
            assert told == await socket.next("submission_update")
        missed = [signed_change(ingest)["event_id"] for _ in range(3)]
        back = {"Last-Event-ID": source.last_event_id}
        async with event_source(gateway, token, "?since=older", **back) as source:
            again = await source.next()
            replayed = [(await source.next())["id"] for _ in missed]

    assert (welcome["type"], welcome["recovered"]) == ("welcome", False)
    assert told["id"] == back["Last-Event-ID"] == first
    assert (again["recovered"], again["last_event_id"]) == (True, first)
    assert replayed == missed


async def test_artists_stream_is_theirs_alone(gateway, supabase, ingest, ids):
    async with event_source(gateway, login(supabase, ADA)) as source:
        assert (await source.next())["room"] == f"artist:{ids[0]}"
        signed_change(ingest, userid="somebody-else")
        own = signed_change(ingest, userid=ids[0])["event_id"]
        assert (await source.next())["id"] == own


async def test_stream_takes_the_wishes_of_a_socket(gateway, supabase, ingest):
    token = login(supabase, ADMIN)
    async with event_source(gateway, token, "?status=rejected&max_rate=100") as source:
        await source.next()
        signed_change(ingest, status="approved")
        wanted = signed_change(ingest, status="rejected")["event_id"]
        assert (await source.next())["id"] == wanted


@pytest.mark.parametrize("query", ["?max_rate=0", "?max_rate=x", "?nonsense=1"])
async def test_stream_that_is_asked_for_wrongly_is_a_problem(gateway, supabase, query):
    async with event_source(gateway, login(supabase, ADMIN), query) as source:
        assert source.answer.status == 400
        kind = source.answer.headers["Content-Type"]
        assert kind.startswith("application/problem+json")


async def test_stream_without_a_token_is_refused(gateway):
    async with event_source(gateway, "") as source:
        assert source.answer.status == 401


async def test_page_of_ours_may_read_the_stream(gateway, supabase):
    page = {"Origin": "http://dashboard.test"}
    async with event_source(gateway, login(supabase, ADMIN), **page) as source:
        allowed = source.answer.headers["Access-Control-Allow-Origin"]
        assert allowed == page["Origin"]


async def test_stopped_gateway_ends_its_streams_with_a_last_word(
    start, bus_url, supabase, tmp_path
):
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, supabase.url, tmp_path
    )
    async with event_source(gateway, login(supabase, ADMIN)) as source:
        await source.next()
        stopping = asyncio.get_running_loop().run_in_executor(None, gateway.stop)
        last = await source.next()
        assert (last["type"], last["code"]) == ("close", 4202)
        assert await source.next() is None
    assert await stopping == 0
