"""What clients may ask for: filters, fewer messages, compression."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.plugins.sockets import Client, login, signed_change

ADMIN = "admin@melotech.test"


@pytest.fixture
def token(supabase):
    return login(supabase, ADMIN)


async def updates(client, count):
    return [(await client.next("submission_update"))["id"] for _ in range(count)]


@pytest.mark.parametrize("by", ["artist_id", "status", "submission_id"])
async def test_filter_holds_for_what_was_missed_and_for_what_comes(
    gateway, ingest, token, by
):
    wanted = {"artist_id": "u-7", "status": "in-review", "submission_id": "s-7"}
    column = {"artist_id": "userid", "submission_id": "id"}.get(by, by)
    mine = {column: wanted[by]}
    other = {column: "another"}
    first = signed_change(ingest)["event_id"]
    expected = []
    for _ in range(3):
        signed_change(ingest, **other)
        expected.append(signed_change(ingest, **mine)["event_id"])

    async with Client(gateway, "admin") as admin:
        message = {"type": "auth", "token": token, "since": first}
        await admin.say(message | {"filter": {by: wanted[by]}})
        assert (await admin.next("welcome"))["recovered"] is True
        assert await updates(admin, 3) == expected
        signed_change(ingest, **other)
        live = signed_change(ingest, **mine)["event_id"]
        assert await updates(admin, 1) == [live]
        await admin.say({"type": "filter"})
        await admin.say({"type": "ping"})
        await admin.next("pong")
        everything = signed_change(ingest, **other)["event_id"]
        assert await updates(admin, 1) == [everything]


async def test_filter_and_rate_may_stand_in_the_address(gateway, ingest, token):
    headers = {"Authorization": f"Bearer {token}"}
    address = "admin?status=rejected&max_rate=50"
    async with Client(gateway, address, headers=headers) as phone:
        await phone.next("welcome")
        signed_change(ingest, status="approved")
        rejected = signed_change(ingest, status="rejected")["event_id"]
        assert await updates(phone, 1) == [rejected]


@pytest.mark.parametrize(
    "wish",
    [{"max_rate": 0}, {"max_rate": "fast"}, {"filter": {"status": "x" * 300}}],
)
async def test_wish_that_makes_no_sense_is_a_bad_message(gateway, token, wish):
    async with Client(gateway, "admin") as client:
        await client.say({"type": "auth", "token": token} | wish)
        assert (await client.closed_with())[0] == 4000


async def test_max_rate_sends_the_newest_of_each_submission_and_all_that_changed(
    gateway, ingest, token
):
    async with Client(gateway, "admin") as phone:
        await phone.say({"type": "auth", "token": token, "max_rate": 0.5})
        await phone.next("welcome")
        first = signed_change(ingest, id="s-0")["event_id"]
        assert await updates(phone, 1) == [first]
        ratings = [
            signed_change(ingest, id="s-1", status="pending", rating=rating)["event_id"]
            for rating in range(5)
        ]
        other = signed_change(ingest, id="s-2")["event_id"]
        last = signed_change(ingest, id="s-1", status="approved")["event_id"]

        newest = await phone.next("submission_update")
        assert newest["id"] == ratings[0]
        assert newest["data"]["new_data"]["status"] == "approved"
        assert await updates(phone, 1) == [other]
    # Whoever drops out now and comes back is told again what was conflated.
    async with Client(gateway, "admin") as again:
        await again.auth(token, since=other)
        assert (await again.next("welcome"))["recovered"] is True
        assert await updates(again, 1) == [last]


@pytest.mark.parametrize("offer", [15, 0])
async def test_room_shares_compressed_frames_with_those_who_offer_it(
    gateway, ingest, token, offer
):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{gateway.url}/ws/admin", compress=offer) as ws,
        Client(gateway, "admin") as plain,
    ):
        await ws.send_str(json.dumps({"type": "auth", "token": token}))
        await plain.auth(token)
        assert json.loads((await ws.receive(5)).data)["type"] == "welcome"
        await plain.next("welcome")
        sent = [
            signed_change(ingest, feedback="la " * 500)["event_id"] for _ in range(5)
        ]
        got = [json.loads((await ws.receive(5)).data)["id"] for _ in sent]

        assert got == sent
        assert await updates(plain, 5) == sent
        extensions = ws._response.headers.get("Sec-WebSocket-Extensions")
    agreed = "permessage-deflate; server_no_context_takeover"
    assert extensions == (agreed if offer else None)


async def test_older_version_is_marked_live_and_on_replay(gateway, ingest, token):
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        newer = signed_change(ingest, id="s-9", updated_at="2026-02-02T00:00:00Z")
        older = signed_change(ingest, id="s-9", updated_at="2026-01-01T00:00:00Z")
        first = await admin.next("submission_update")
        second = await admin.next("submission_update")
    async with Client(gateway, "admin") as again:
        await again.auth(token, since=newer["event_id"])
        await again.next("welcome")
        replayed = await again.next("submission_update")

    assert first["id"] == newer["event_id"]
    assert "stale" not in first
    assert "stale" not in first["data"]
    for message in (second, replayed):
        assert message["id"] == older["event_id"]
        assert message["stale"] is True
        assert message["data"]["stale"] is True
