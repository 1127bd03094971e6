"""`make run GATEWAYS=2`: both serve behind the edge, and stand in for each other."""

from __future__ import annotations

import asyncio
import os
import signal
from types import SimpleNamespace

import pytest
import requests

from tests.plugins.followers import Follower
from tests.plugins.services import ANON_KEY, SECRET, SERVICE_KEY, until
from tests.plugins.sockets import Client, login, post_change

NAMES = ["gateway-1", "gateway-2"]
CHANGES = 120


def names_at(url, *, asked=6):
    return {
        requests.get(f"{url}/health", timeout=5).json()["gateway"] for _ in range(asked)
    }


def sockets_at(stack):
    """Return how many sockets each gateway has, asked at its own port."""
    host, _, port = stack.environ["GATEWAY_BIND"].rpartition(":")
    urls = [f"http://{host}:{int(port) + 10 * number}/health" for number in (0, 1)]
    answers = [requests.get(url, timeout=5).json() for url in urls]
    assert [each["gateway"] for each in answers] == NAMES
    return [each["active_connections"] for each in answers]


async def edge_knows_both(stack):
    """Wait until the edge has seen that both are ready: it asks once a second."""
    async with asyncio.timeout(20):
        spread = False
        while not spread:
            async with Client(stack, "admin"), Client(stack, "admin"):
                spread = await asyncio.to_thread(sockets_at, stack) == [1, 1]
    await asyncio.to_thread(until, lambda: sockets_at(stack) == [0, 0])


@pytest.mark.timeout(300)
async def test_two_gateways_share_the_sockets_and_one_takes_over_when_the_other_dies(
    stack_of,
):
    keys = {"WEBHOOK_SECRET": SECRET, "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY}
    stack = stack_of(2, VITE_SUPABASE_ANON_KEY=ANON_KEY, **keys)
    await asyncio.to_thread(stack.up)
    assert "gateways  2" in stack.output.read_text()
    assert await asyncio.to_thread(names_at, stack.url) == set(NAMES)

    supabase = SimpleNamespace(url=f"http://{stack.environ['SUPABASE_STANDIN_BIND']}")
    token = login(supabase, "admin@melotech.test")
    await edge_knows_both(stack)
    post_change(stack.url)  # there must be a position to come back to
    followers = [Follower([stack], "admin", token) for _ in range(6)]
    tasks = []
    for each in followers:
        # One after the other: the edge shares out by those that it has by then.
        tasks.append(asyncio.create_task(each.run()))
        await asyncio.to_thread(until, lambda each=each: each.since)
    assert await asyncio.to_thread(sockets_at, stack) == [3, 3]

    sent = []
    for number in range(CHANGES):
        answer = await asyncio.to_thread(post_change, stack.url)
        sent.append(answer.json()["event_id"])
        if number == CHANGES // 3:
            killed = stack.pid_of(NAMES[1])
            os.kill(killed, signal.SIGKILL)

    def caught_up():
        return all(set(sent) <= set(each.heard) for each in followers)

    await asyncio.to_thread(until, caught_up)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in followers:
        assert [one for one in each.heard if one in sent] == sent
        assert len(each.heard) == len(set(each.heard))
        assert not each.lost_the_thread
    assert sum(len(each.closes) for each in followers) == 3

    def came_back():
        return stack.pid_of(NAMES[1]) not in {0, killed} and stack.answers()

    await asyncio.to_thread(until, came_back, timeout=60)
    until(lambda: names_at(stack.url) == set(NAMES))


def test_number_of_gateways_that_makes_no_sense_starts_nothing(stack_of):
    stack = stack_of(GATEWAYS="many")

    refused = stack.run("up")

    assert refused.returncode == 1
    assert "GATEWAYS must be a whole number from 1 to 16" in refused.stderr
    assert stack.processes() == []
