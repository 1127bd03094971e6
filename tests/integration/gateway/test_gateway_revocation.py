"""Who may no longer be here is sent away, from every gateway, and stays out."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import requests

from tests.plugins.services import SERVICE_KEY, start_gateway
from tests.plugins.sockets import Client, login, users_id

ADMIN, ADA = "admin@melotech.test", "ada@melotech.test"
SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}


@pytest.fixture(scope="module")
def other_gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("other"),
        RECHECK_SECONDS="0.5",
    )


def disconnect(gateway, body, *, key=SERVICE_KEY):
    return requests.post(
        f"{gateway.url}/admin/disconnect",
        json=body,
        headers={"Authorization": f"Bearer {key}"},
        timeout=5,
    )


async def test_operator_ends_a_users_sockets_at_every_gateway_and_voids_the_token(
    gateway, other_gateway, supabase
):
    row, person = users_id(supabase, ADA)
    token = login(supabase, ADA)
    async with (
        Client(gateway, f"artist/{row}") as here,
        Client(other_gateway, f"artist/{row}") as there,
        Client(gateway, "admin") as admin,
    ):
        await here.auth(token)
        await there.auth(token)
        await admin.auth(login(supabase, ADMIN))
        for client in (here, there, admin):
            await client.next("welcome")
        answer = await asyncio.to_thread(disconnect, gateway, {"user_id": person})

        assert answer.status_code == 200
        assert answer.json()["disconnected"] == 1
        assert await here.closed_with() == (4001, "token refused")
        assert await there.closed_with() == (4001, "token refused")
        await admin.say({"type": "ping"})
        await admin.next("pong")

    for one in (gateway, other_gateway):
        async with Client(one, f"artist/{row}") as again:
            await again.auth(token)
            assert (await again.closed_with())[0] == 4001
    await welcome_token(gateway, f"artist/{row}", supabase, ADA)


async def welcome_token(gateway, room, supabase, address):
    """Return a token that is let in; clocks differ, so it may take some seconds."""
    async with asyncio.timeout(20):
        while not await is_welcome(gateway, room, token := login(supabase, address)):
            await asyncio.sleep(0.5)
    return token


async def is_welcome(gateway, room, token):
    async with Client(gateway, room) as client:
        await client.auth(token)
        message = await client.ws.receive(5)
    return message.type is aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        ({"user_id": "x"}, "wrong", 401),
        ({}, SERVICE_KEY, 400),
        ({"user_id": "x", "room": "admin"}, SERVICE_KEY, 400),
        ({"everyone": True}, SERVICE_KEY, 400),
        (["x"], SERVICE_KEY, 400),
        ({"user_id": "x" * 10_000}, SERVICE_KEY, 413),
        ({"user_id": "nobody"}, SERVICE_KEY, 200),
    ],
)
def test_only_clear_orders_of_the_operator_are_carried_out(gateway, body, key, status):
    answer = disconnect(gateway, body, key=key)

    assert answer.status_code == status
    if status != 200:
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_one_connection_alone_can_be_ended(gateway, supabase):
    token = login(supabase, ADMIN)
    async with Client(gateway, "admin") as one, Client(gateway, "admin") as other:
        await one.auth(token)
        name = (await one.next("welcome"))["connection_id"]
        await other.auth(token)
        await other.next("welcome")
        await asyncio.to_thread(disconnect, gateway, {"connection_id": name})

        assert (await one.closed_with())[0] == 4001
        await other.say({"type": "ping"})
        await other.next("pong")


async def test_who_is_banned_or_no_admin_any_more_is_noticed(other_gateway, supabase):
    row, person = users_id(supabase, ADMIN)
    account = f"{supabase.url}/auth/v1/admin/users/{person}"
    flag = f"{supabase.url}/rest/v1/users?id=eq.{row}"

    def put(url, body):
        send = requests.put if url is account else requests.patch
        assert send(url, json=body, headers=SERVICE, timeout=5).ok

    for url, away, back, code in (
        (account, {"ban_duration": "24h"}, {"ban_duration": "none"}, 4001),
        (flag, {"is_admin": False}, {"is_admin": True}, 4003),
    ):
        token = await welcome_token(other_gateway, "admin", supabase, ADMIN)
        async with Client(other_gateway, "admin") as admin:
            await admin.auth(token)
            await admin.next("welcome")
            metadata = {"app_metadata": {"role": "user"}}
            await asyncio.to_thread(put, account, metadata)
            await asyncio.to_thread(put, url, away)
            assert (await admin.closed_with())[0] == code
        # The token is of no use any more, whatever it says.
        assert not await is_welcome(other_gateway, "admin", token)
        put(url, back)
        put(account, {"app_metadata": {"role": "admin"}})
