"""Who gets into a room of the gateway, and for how long."""

from __future__ import annotations

import asyncio
import time
import uuid

import aiohttp
import jwt
import pytest

from tests.plugins.services import (
    ANON_KEY,
    SERVICE_KEY,
    start_gateway,
)
from tests.plugins.sockets import Client, login

ADMIN, ADA, BEN = (f"{name}@melotech.test" for name in ("admin", "ada", "ben"))
HS256_SECRET = "the secret of a project that still signs with HS256"


async def test_token_may_come_in_the_authorization_header(gateway, supabase):
    token = login(supabase, ADMIN)
    headers = {"Authorization": f"Bearer {token}"}

    async with Client(gateway, "admin", headers=headers) as admin:
        assert (await admin.next("welcome"))["room"] == "admin"


async def test_nobody_gets_into_a_room_that_is_not_theirs(gateway, supabase, ids):
    for room in ("admin", f"artist/{ids[0]}", f"artist/{ids[1]}"):
        async with Client(gateway, room) as ben:
            await ben.auth(login(supabase, BEN))
            assert await ben.closed_with() == (4003, "not your room")


async def test_unknown_room_is_4004(gateway, supabase):
    async with Client(gateway, "lobby") as client:
        assert (await client.closed_with())[0] == 4004


def forged(kind, supabase):
    token = login(supabase, ADMIN)
    header, claims, mac = token.split(".")
    past = {"sub": "x", "exp": time.time() - 60, "aud": "authenticated"}
    return {
        "empty": "",
        "garbage": "not.a.token",
        "flipped": f"{header}.{claims}.{mac[:-6]}AAAAAA",
        "unsigned": jwt.encode({"sub": "x", "exp": 9e9}, "", algorithm="none"),
        "hmac with a public key": jwt.encode(past, "k" * 32, algorithm="HS256"),
        "service key": SERVICE_KEY,
        "anon key": ANON_KEY,
        "long": "x" * 4_000,
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "garbage",
        "flipped",
        "unsigned",
        "hmac with a public key",
        "service key",
        "anon key",
        "long",
    ],
)
async def test_token_that_proves_nothing_is_refused(gateway, supabase, kind):
    async with Client(gateway, "admin") as client:
        await client.auth(forged(kind, supabase))
        assert await client.closed_with() == (4001, "token refused")


def hs256(**claims):
    now = time.time()
    standard = {
        "sub": str(uuid.uuid4()),
        "aud": "authenticated",
        "role": "authenticated",
        "exp": now + 600,
        "app_metadata": {"role": "admin"},
    }
    return jwt.encode(standard | claims, HS256_SECRET, algorithm="HS256")


async def outcome(gateway, token):
    async with Client(gateway, "admin") as client:
        await client.auth(token)
        try:
            return (await client.next("welcome"))["type"]
        except AssertionError:
            return (await client.closed_with())[0]


async def test_hs256_tokens_are_judged_by_every_claim_that_counts(
    start, bus_url, supabase, tmp_path
):
    gateway = start_gateway(
        start, bus_url, supabase.url, tmp_path, SUPABASE_JWT_SECRET=HS256_SECRET
    )
    now = time.time()
    cases = [
        (hs256(), "welcome"),
        (hs256(aud=["authenticated", "other"]), "welcome"),
        (hs256(aud="other"), 4001),
        (hs256(exp=now - 10), 4200),
        (hs256(nbf=now + 120), 4001),
        (hs256(role="service_role"), 4001),
        (hs256(role="anon"), 4001),
        (hs256(app_metadata={}, user_metadata={"role": "admin"}), 4003),
        (jwt.encode({"sub": "x", "exp": 9e9}, HS256_SECRET, algorithm="HS384"), 4001),
    ]
    for token, expected in cases:
        assert await outcome(gateway, token) == expected


async def test_token_that_expires_ends_the_socket_and_a_fresh_one_keeps_it(
    start, bus_url, supabase, tmp_path
):
    gateway = start_gateway(
        start, bus_url, supabase.url, tmp_path, SUPABASE_JWT_SECRET=HS256_SECRET
    )
    person = str(uuid.uuid4())
    short = hs256(sub=person, exp=time.time() + 2)
    async with Client(gateway, "admin") as expires, Client(gateway, "admin") as stays:
        for client in (expires, stays):
            await client.auth(short)
            await client.next("welcome")
        await stays.auth(hs256(sub=person))
        refreshed = await stays.next("welcome")

        assert await expires.closed_with() == (4200, "token expired")
        assert refreshed["token_expires_in"] > 500
        await stays.say({"type": "ping"})
        assert await stays.next("pong")


async def test_refreshing_with_another_persons_token_ends_the_socket(
    gateway, supabase, ids
):
    async with Client(gateway, f"artist/{ids[0]}") as ada:
        await ada.auth(login(supabase, ADA))
        await ada.next("welcome")
        await ada.auth(login(supabase, BEN))
        assert (await ada.closed_with())[0] == 4003


async def test_first_message_must_be_auth_and_come_in_time(
    start, bus_url, supabase, tmp_path
):
    gateway = start_gateway(
        start, bus_url, supabase.url, tmp_path, AUTH_DEADLINE_SECONDS="0.3"
    )
    for first in ("hello", "{}", '{"type":"ping"}', b"\x00binary"):
        async with Client(gateway, "admin") as client:
            await client.say_raw(first)
            assert (await client.closed_with())[0] == 4000
    async with Client(gateway, "admin") as silent:
        assert (await silent.closed_with())[0] == 4001


async def test_one_person_holds_a_bounded_number_of_sockets(
    start, bus_url, supabase, tmp_path
):
    gateway = start_gateway(
        start, bus_url, supabase.url, tmp_path, MAX_CONNECTIONS_PER_USER="1"
    )
    token = login(supabase, ADMIN)
    async with Client(gateway, "admin") as one, Client(gateway, "admin") as two:
        await one.auth(token)
        await one.next("welcome")
        await two.auth(token)
        assert await two.closed_with() == (4100, "too many connections")


async def test_foreign_page_may_not_open_sockets_and_ours_may(gateway, supabase):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with Client(gateway, "admin", origin="http://evil.test"):
            pass
    assert refused.value.status == 403
    async with Client(gateway, "admin", origin="http://dashboard.test") as ours:
        await ours.auth(login(supabase, ADMIN))
        await ours.next("welcome")


async def test_key_that_appears_later_is_fetched_when_a_token_names_it(
    start, bus_url, tmp_path, project
):
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, project.url, tmp_path / "g"
    )
    assert await outcome(gateway, project.token("ES256")) == "welcome"
    project.rotate()
    await asyncio.sleep(2.1)  # the shortest time between two fetches

    assert await outcome(gateway, project.token("RS256")) == "welcome"
    assert await outcome(gateway, project.token("ES256", kid="made-up")) == 4001
