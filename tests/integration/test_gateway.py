"""The gateway over real sockets: who gets in, what they hear, what ends them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid

import aiohttp
import jwt
import pytest
import requests

from tests.plugins.services import (
    ANON_KEY,
    SERVICE_KEY,
    start_gateway,
    start_ingest,
    start_supabase,
    until,
)
from tests.plugins.sockets import Client, login, signed_change

ADMIN, ADA, BEN = (f"{name}@melotech.test" for name in ("admin", "ada", "ben"))
HS256_SECRET = "the secret of a project that still signs with HS256"


def users_id(supabase, address):
    row = requests.get(
        f"{supabase.url}/rest/v1/users",
        params={"select": "*", "email": f"eq.{address}"},
        headers={"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"},
        timeout=5,
    ).json()[0]
    return row["id"], row["authid"]


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    return start_ingest(start_for_module, bus_url_for_module)


@pytest.fixture(scope="module")
def gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("gateway"),
    )


@pytest.fixture
def ids(supabase):
    return users_id(supabase, ADA)


async def test_admin_is_welcomed_and_told_of_a_change_as_it_happens(
    gateway, supabase, ingest, ids
):
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        welcome = await admin.next("welcome")
        answer = signed_change(
            ingest, userid=ids[0], title="Café 🎧", status="approved"
        )
        update = await admin.next("submission_update")

    assert welcome["room"] == "admin"
    assert welcome["recovered"] is False
    assert welcome["connection_id"]
    assert 3500 < welcome["token_expires_in"] <= 3600
    assert update["id"] == answer["event_id"]
    assert update["data"]["event"] == "UPDATE"
    assert update["data"]["title"] == "Café 🎧"
    assert update["data"]["new_data"]["status"] == "approved"
    assert set(update["data"]["new_data"]) >= {"status", "rating", "feedback"}
    assert update["data"]["old_data"] == {"status": "pending"}


async def test_token_may_come_in_the_authorization_header(gateway, supabase):
    token = login(supabase, ADMIN)
    headers = {"Authorization": f"Bearer {token}"}

    async with Client(gateway, "admin", headers=headers) as admin:
        assert (await admin.next("welcome"))["room"] == "admin"


async def test_both_ids_of_an_artist_reach_one_room_that_hears_only_their_own(
    gateway, supabase, ingest, ids
):
    ben_id, _ = users_id(supabase, BEN)
    token = login(supabase, ADA)
    async with (
        Client(gateway, f"artist/{ids[0]}") as by_row,
        Client(gateway, f"artist/{ids[1]}") as by_sub,
    ):
        rooms = []
        for client in (by_row, by_sub):
            await client.auth(token)
            rooms.append((await client.next("welcome"))["room"])
        signed_change(ingest, userid=ben_id)
        own = signed_change(ingest, userid=ids[0])
        other = signed_change(ingest, userid=ids[1])

        for client in (by_row, by_sub):
            assert (await client.next("submission_update"))["id"] == own["event_id"]
            assert (await client.next("submission_update"))["id"] == other["event_id"]
    assert rooms == [f"artist:{ids[0]}"] * 2


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
        "long": "x" * 10_000,
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


async def test_ping_is_answered_and_nonsense_is_complained_of_until_it_is_too_much(
    gateway, supabase
):
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        await admin.next("welcome")
        await admin.say({"type": "ping"})
        assert await admin.next("pong") == {"type": "pong"}
        await admin.say({"type": "publish", "data": 1})
        error = await admin.next("error")
        assert error["code"]
        assert error["message"]
        with contextlib.suppress(ConnectionError):  # it is closed while we speak
            for _ in range(100):
                await admin.say({"type": "ping"})
        assert await admin.closed_with() == (4101, "too many messages")


async def test_filter_lets_only_matching_changes_through(
    gateway, supabase, ingest, ids
):
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        await admin.next("welcome")
        await admin.say({"type": "filter", "status": "approved", "artist_id": ids[0]})
        await admin.say({"type": "ping"})
        await admin.next("pong")
        signed_change(ingest, userid=ids[0], status="rejected")
        signed_change(ingest, userid=ids[1], status="approved")
        wanted = signed_change(ingest, userid=ids[0], status="approved")

        assert (await admin.next("submission_update"))["id"] == wanted["event_id"]


async def test_client_that_comes_back_gets_exactly_what_it_missed_then_live_events(
    gateway, supabase, ingest, ids
):
    token = login(supabase, ADMIN)
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        last = signed_change(ingest, userid=ids[0])["event_id"]
        await admin.next("submission_update")
    missed = [signed_change(ingest, userid=ids[0])["event_id"] for _ in range(30)]

    async with Client(gateway, "admin") as back:
        await back.auth(token, since=last)
        welcome = await back.next("welcome")
        live = signed_change(ingest, userid=ids[0])["event_id"]
        got = [(await back.next("submission_update"))["id"] for _ in range(31)]

    assert welcome["recovered"] is True
    assert welcome["last_event_id"] == last
    assert got == [*missed, live]


async def test_artist_who_comes_back_gets_nothing_of_others(
    gateway, supabase, ingest, ids
):
    ben_id, _ = users_id(supabase, BEN)
    first = signed_change(ingest, userid=ids[0])["event_id"]
    signed_change(ingest, userid=ben_id)
    own = signed_change(ingest, userid=ids[0])["event_id"]
    async with Client(gateway, f"artist/{ids[0]}?since={first}") as ada:
        await ada.auth(login(supabase, ADA), since=first)
        assert (await ada.next("welcome"))["recovered"] is True
        assert (await ada.next("submission_update"))["id"] == own


async def test_unknown_since_is_told_and_nothing_is_replayed(
    gateway, supabase, ingest, ids
):
    signed_change(ingest, userid=ids[0])
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN), since="evt_never_seen")
        assert (await admin.next("welcome"))["recovered"] is False
        live = signed_change(ingest, userid=ids[0])["event_id"]
        assert (await admin.next("submission_update"))["id"] == live


async def test_same_event_twice_is_told_once(gateway, supabase, ingest, ids):
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        await admin.next("welcome")
        for _ in range(2):
            signed_change(ingest, userid=ids[0], webhook_id="msg_twice")
        after = signed_change(ingest, userid=ids[0])["event_id"]

        assert (await admin.next("submission_update"))["id"] == "msg_twice"
        assert (await admin.next("submission_update"))["id"] == after


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


async def test_health_counts_connections_without_naming_anyone(gateway, supabase, ids):
    async with (
        Client(gateway, "admin") as admin,
        Client(gateway, f"artist/{ids[0]}") as ada,
    ):
        await admin.auth(login(supabase, ADMIN))
        await ada.auth(login(supabase, ADA))
        await admin.next("welcome")
        await ada.next("welcome")
        answer = await asyncio.to_thread(
            requests.get, f"{gateway.url}/health", timeout=5
        )

    health = answer.json()
    assert answer.status_code == 200
    assert health["status"] == "degraded"  # no mailer runs here
    assert health["service"] == "realtime_gateway"
    assert health["active_connections"] == 2
    assert health["active_rooms"] == {"admin": 1, "artist": 1}
    assert health["broker"]["connected"] is True
    assert health["broker"]["mailer"] == {
        "consumers": 0,
        "backlog": 0,
        "dead_letters": 0,
    }
    assert ids[0] not in answer.text
    until(
        lambda: (
            requests.get(f"{gateway.url}/health", timeout=5).json()[
                "active_connections"
            ]
            == 0
        )
    )


def test_browsers_of_our_pages_may_read_health_and_others_may_not(gateway):
    url = f"{gateway.url}/health"
    ours = requests.get(url, headers={"Origin": "http://dashboard.test"}, timeout=5)
    other = requests.get(url, headers={"Origin": "http://evil.test"}, timeout=5)

    allowed = "Access-Control-Allow-Origin"
    assert ours.headers[allowed] == "http://dashboard.test"
    assert allowed not in other.headers


def test_unknown_address_is_a_problem(gateway):
    answer = requests.get(f"{gateway.url}/nothing", timeout=5)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")


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


async def test_sigterm_sends_every_client_to_another_gateway(
    start, bus_url, supabase, tmp_path
):
    gateway = await asyncio.to_thread(
        start_gateway, start, bus_url, supabase.url, tmp_path
    )
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        await admin.next("welcome")
        stopping = asyncio.get_running_loop().run_in_executor(None, gateway.stop)

        assert await admin.closed_with() == (4202, "server going away")
    assert await stopping == 0


async def test_no_token_and_no_content_is_logged(gateway, supabase, ingest, ids):
    token = login(supabase, ADMIN)
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        signed_change(ingest, userid=ids[0], title="a title of a track")
        await admin.next("submission_update")
    async with Client(gateway, "admin") as refused:
        await refused.auth(token[:-4])
        await refused.closed_with()
    told = gateway.output()

    assert "socket.joined" in told
    for hidden in (token, token[:40], SERVICE_KEY, "a title of a track", "Traceback"):
        assert hidden not in told
    for line in told.splitlines():
        json.loads(line)
