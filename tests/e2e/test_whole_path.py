"""The main job, end to end: a row changes, the sockets see it, the mail goes out."""

from __future__ import annotations

import asyncio

import pytest
import requests

from tests.plugins.services import (
    ANON_KEY,
    SERVICE_KEY,
    start_gateway,
    start_ingest,
    start_mailer,
    start_supabase,
    until,
)
from tests.plugins.sockets import Client, login


class System:
    """Every service and both stand-ins, wired as in production."""

    def __init__(self, start, bus_url, folder, mailgun):
        self.ingest = start_ingest(start, bus_url)
        self.supabase = start_supabase(
            start,
            folder,
            SUPABASE_STANDIN_WEBHOOK_URL=f"{self.ingest.url}/webhook/submission-update",
        )
        self.mailgun = mailgun
        self.gateway = start_gateway(start, bus_url, self.supabase.url, folder / "g")
        self.mailer = start_mailer(start, bus_url, self.supabase.url, mailgun.url)

    def user(self, name):
        headers = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}
        url = f"{self.supabase.url}/rest/v1/users?email=eq.{name}@melotech.test"
        return requests.get(url, headers=headers, timeout=5).json()[0]

    def as_admin(self, method, path, **kwargs):
        token = login(self.supabase, "admin@melotech.test")
        headers = {
            "apikey": ANON_KEY,
            "Authorization": f"Bearer {token}",
            "Prefer": "return=representation",
        }
        url = f"{self.supabase.url}/rest/v1/{path}"
        answer = requests.request(method, url, headers=headers, timeout=5, **kwargs)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def inbox(self):
        return requests.get(f"{self.mailgun.url}/api/messages", timeout=5).json()


@pytest.fixture
def system(start, bus_url, tmp_path, mailgun):
    return System(start, bus_url, tmp_path, mailgun)


async def test_review_reaches_the_dashboard_the_artists_page_and_the_artists_inbox(
    system,
):
    ada, ben = system.user("ada"), system.user("ben")
    track = system.as_admin(
        "GET", f"submissions?userid=eq.{ada['id']}&status=eq.pending&limit=1"
    )[0]
    async with (
        Client(system.gateway, "admin") as admin,
        Client(system.gateway, f"artist/{ada['id']}") as artist,
        Client(system.gateway, f"artist/{ben['id']}") as stranger,
    ):
        for client, name in ((admin, "admin"), (artist, "ada"), (stranger, "ben")):
            await client.auth(login(system.supabase, f"{name}@melotech.test"))
            await client.next("welcome")
        review = {"status": "approved", "rating": 9, "feedback": "That bridge!"}
        await asyncio.to_thread(
            system.as_admin, "PATCH", f"submissions?id=eq.{track['id']}", json=review
        )

        seen = await admin.next("submission_update")
        assert await artist.next("submission_update") == seen
        told = await admin.next("email_update")
        await stranger.say({"type": "ping"})
        assert await stranger.next("pong")  # and nothing before it

    data = seen["data"]
    assert data["event"] == "UPDATE"
    assert data["submission_id"] == track["id"]
    assert data["artist_id"] == ada["id"]
    assert {k: data["new_data"][k] for k in review} == review
    assert data["old_data"]["status"] == "pending"
    assert set(data["updated_fields"]) == {*review, "updated_at"}
    assert data["version"]
    assert told["data"]["outcome"] == "accepted"
    assert told["data"]["recipient"] == "a***@melotech.test"
    mail = until(system.inbox)[0]
    assert mail["to"] == "ada@melotech.test"
    assert track["title"] in mail["subject"]
    assert "That bridge!" in mail["text"]
    assert "That bridge!" in mail["html"]
    assert len(system.inbox()) == 1


async def test_submitting_and_deleting_are_seen_and_cause_no_mail(system):
    ada = system.user("ada")
    async with Client(system.gateway, "admin") as admin:
        await admin.auth(login(system.supabase, "admin@melotech.test"))
        await admin.next("welcome")
        track = {"title": "New", "userid": ada["id"]}
        row = system.as_admin("POST", "submissions", json=track)[0]
        inserted = await admin.next("submission_update")
        system.as_admin("DELETE", f"submissions?id=eq.{row['id']}")
        deleted = await admin.next("submission_update")

    assert inserted["data"]["event"] == "INSERT"
    assert inserted["data"]["new_data"] == row
    assert deleted["data"]["event"] == "DELETE"
    assert deleted["data"]["new_data"] == {}
    assert system.inbox() == []


async def test_every_service_may_be_killed_and_started_in_any_order(system):
    ada = system.user("ada")
    services = (system.mailer, system.ingest, system.gateway)
    for service in services:
        service.kill()
    for service in services:
        await asyncio.to_thread(service.start)
    track = system.as_admin("GET", f"submissions?userid=eq.{ada['id']}&limit=1")[0]

    async with Client(system.gateway, "admin") as admin:
        await admin.auth(login(system.supabase, "admin@melotech.test"))
        await admin.next("welcome")
        system.as_admin(
            "PATCH", f"submissions?id=eq.{track['id']}", json={"status": "rejected"}
        )
        assert await admin.next("submission_update")
        assert (await admin.next("email_update"))["data"]["outcome"] == "accepted"
