"""Limits: each refuses with its code, is counted, and leaves the others alone."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
import requests

from tests.plugins.services import start_gateway, until
from tests.plugins.sockets import Client, login

ADMIN = "admin@melotech.test"


@pytest.fixture(scope="module")
def strict(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("strict"),
        MAX_CONNECTIONS="3",
        MAX_CONNECTIONS_PER_ADDRESS="1",
        MAX_MESSAGES_PER_SECOND="2",
        MAX_HANDSHAKES_PER_SECOND="20",
    )


def health(gateway):
    return requests.get(f"{gateway.url}/health", timeout=5).json()


def refused(gateway):
    return health(gateway)["refused"]


async def test_one_address_behind_the_proxy_holds_a_bounded_number(strict, supabase):
    token = login(supabase, ADMIN)
    same = {"X-Forwarded-For": "9.9.9.9, 203.0.113.5"}
    async with (
        Client(strict, "admin", headers=same) as one,
        Client(strict, "admin", headers=same) as two,
        Client(strict, "admin", headers={"X-Forwarded-For": "203.0.113.6"}) as other,
    ):
        await one.auth(token)
        await one.next("welcome")
        assert await two.closed_with() == (4100, "too many connections")
        await other.auth(token)
        await other.next("welcome")
    assert refused(strict)["address"] == 1
    assert refused(strict)["4100"] >= 1


async def test_no_more_than_the_whole_number_get_in(strict):
    until(lambda: health(strict)["active_connections"] == 0)
    async with (
        Client(strict, "admin"),
        Client(strict, "admin"),
        Client(strict, "admin"),
        Client(strict, "admin") as fourth,
    ):
        assert (await fourth.closed_with())[0] == 4100
    assert refused(strict)["connections"] == 1


@pytest.mark.parametrize("how", ["messages", "pings"])
async def test_who_says_too_much_is_told_to_come_back_later(strict, supabase, how):
    until(lambda: health(strict)["active_connections"] == 0)
    async with Client(strict, "admin") as loud:
        await loud.auth(login(supabase, ADMIN))
        await loud.next("welcome")
        for _ in range(20):
            if how == "pings":
                await loud.ws.ping(b"x")
            else:
                await loud.say({"type": "ping"})
        assert (await loud.closed_with())[0] == 4101
    assert refused(strict)["messages"] >= 1


async def test_message_that_is_too_long_ends_the_socket(strict):
    until(lambda: health(strict)["active_connections"] == 0)
    before = refused(strict).get("message_size", 0)
    async with Client(strict, "admin") as client:
        await client.say_raw("x" * 4_097)
        assert (await client.closed_with())[0] == 1009
    until(lambda: refused(strict).get("message_size", 0) == before + 1)


async def test_storm_of_upgrades_is_answered_before_it_costs_anything(strict):
    async def knock(session):
        async with session.get(f"{strict.url}/ws/admin") as answer:
            return answer.status, answer.headers.get("Retry-After")

    async with aiohttp.ClientSession() as session:
        answers = await asyncio.gather(*(knock(session) for _ in range(120)))
    assert (503, "1") in answers
    assert refused(strict)["handshakes"] > 0
    time.sleep(1)  # the bucket fills again


async def test_foreign_page_is_counted(strict):
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with Client(strict, "admin", origin="http://evil.test"):
            pass
    assert refused(strict)["origin"] == 1
