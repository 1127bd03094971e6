"""What the rooms of the gateway hear, also after a drop, and what ends them."""

from __future__ import annotations

import asyncio
import contextlib
import json

import requests

from tests.plugins.services import (
    SERVICE_KEY,
    start_gateway,
    until,
)
from tests.plugins.sockets import Client, login, signed_change, users_id

ADMIN, ADA, BEN = (f"{name}@melotech.test" for name in ("admin", "ada", "ben"))


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


async def test_health_counts_connections_without_naming_anyone(
    gateway, supabase, ingest, ids
):
    signed_change(ingest, userid=ids[0])
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
    mailer = health["broker"]["mailer"]
    assert (mailer["consumers"], mailer["dead_letters"]) == (0, 0)
    assert mailer["backlog"] > 0
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
