"""A gateway that is cut off from the broker: it does not know what others have told."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
import requests

from tests.plugins.changes import change, press
from tests.plugins.proxy import Proxy
from tests.plugins.services import start_gateway, until
from tests.plugins.sockets import Client
from tests.plugins.witnesses import Witness


@pytest.fixture
def bus(bus_url):
    with press(bus_url) as made:
        yield made


@pytest.fixture
def line(bus_url):
    """The way from one of the gateways to the broker."""
    proxy = Proxy(urlsplit(bus_url).port)
    yield proxy
    proxy.close()


@pytest.fixture
def gateways(start, bus_url, line, supabase, tmp_path):
    """Two gateways, the second on the line."""
    parts = urlsplit(bus_url)
    login, _, _ = parts.netloc.rpartition("@")
    other = parts._replace(netloc=f"{login}@127.0.0.1:{line.port}").geturl()
    return [
        start_gateway(start, url, supabase.url, tmp_path / name)
        for url, name in ((bus_url, "one"), (other, "two"))
    ]


@pytest.fixture
async def behind(gateways, line, token, bus):
    """Cut the second gateway off; return the ids of what it knows and what not."""
    known = bus.publish(*(change() for _ in range(3)))
    witness = Witness(gateways[1:], "admin", token)
    witness.go_on(known[0])
    await asyncio.to_thread(until, lambda: witness.told == known[1:])
    await witness.leave()
    line.refuse()
    missed = bus.publish(*(change() for _ in range(3)))
    return known, missed


async def test_client_that_knows_more_than_a_gateway_waits_for_it_and_recovers(
    gateways, line, token, bus, behind
):
    _, missed = behind
    witness = Witness(gateways[1:], "admin", token)
    witness.go_on(missed[1])
    # So long an id that is nobody's is looked for.
    await asyncio.sleep(2)
    assert witness.returns == []
    line.allow()

    await asyncio.to_thread(until, lambda: witness.told == missed[2:])

    await witness.leave()
    assert [each.recovered for each in witness.returns] == [True]


async def test_client_is_sent_elsewhere_by_a_gateway_that_stays_cut_off(
    gateways, token, behind
):
    _, missed = behind
    async with Client(gateways[1], "admin") as client:
        await client.auth(token, since=missed[0])
        code, _ = await client.closed_with()
    assert code == 4202

    async with Client(gateways[0], "admin") as client:
        await client.auth(token, since=missed[0])
        assert (await client.next("welcome"))["recovered"] is True


async def test_client_that_knows_no_more_than_the_gateway_gets_in_meanwhile(
    gateways, token, behind
):
    known, _ = behind
    async with Client(gateways[1], "admin") as client:
        await client.auth(token, since=known[1])

        assert (await client.next("welcome"))["recovered"] is True


async def test_page_after_an_event_that_may_not_have_been_read_is_not_refused_for_good(
    gateways, token, behind
):
    _, missed = behind
    ask = {"url": f"{gateways[1].url}/api/events", "params": {"since": missed[0]}}
    headers = {"Authorization": f"Bearer {token}"}

    answer = await asyncio.to_thread(requests.get, **ask, headers=headers, timeout=30)

    assert answer.status_code == 503


async def test_client_whose_event_is_nobodys_is_told_so_soon(gateways, token, bus):
    bus.publish(change())
    async with Client(gateways[0], "admin") as client:
        await client.auth(token, since="evt_of_nobody")

        assert (await client.next("welcome", timeout=10))["recovered"] is False
