"""What became of a mail is on the admin's screen, the whole way through Mailgun."""

from __future__ import annotations

import asyncio

import pytest
import requests

from shared.addresses import key_of
from tests.plugins.mailgun_webhooks import KEY
from tests.plugins.mails import behave, mails_told
from tests.plugins.services import (
    start_gateway,
    start_ingest,
    start_mailer,
    start_mailgun,
    start_supabase,
    until,
)
from tests.plugins.sockets import Client, login, signed_change, users_id


class System:
    """Every service and both stand-ins, wired as in production."""

    def __init__(self, start, bus_url, folder):
        self.ingest = start_ingest(
            start,
            bus_url,
            MAILGUN_WEBHOOK_SIGNING_KEY=KEY,
            INGEST_DATA_DIR=str(folder / "ingest"),
        )
        self.supabase = start_supabase(start, folder)
        self.mailgun = start_mailgun(
            start,
            folder,
            MAILGUN_WEBHOOK_SIGNING_KEY=KEY,
            MAILGUN_STANDIN_WEBHOOK_URL=f"{self.ingest.url}/webhook/mailgun",
        )
        self.gateway = start_gateway(start, bus_url, self.supabase.url, folder / "g")
        self.mailer = start_mailer(start, bus_url, self.supabase.url, self.mailgun.url)
        self.ada = users_id(self.supabase, "ada@melotech.test")[0]

    def change(self):
        return signed_change(self.ingest, userid=self.ada)

    def attempts(self):
        return requests.get(f"{self.mailgun.url}/api/webhooks", timeout=5).json()


@pytest.fixture
def system(start, bus_url, tmp_path):
    return System(start, bus_url, tmp_path)


async def outcomes(system, count):
    """Make a change; return what the admins are told of it after the update."""
    async with Client(system.gateway, "admin") as admin:
        await admin.auth(login(system.supabase, "admin@melotech.test"))
        await admin.next("welcome")
        made = await asyncio.to_thread(system.change)
        assert (await admin.next("submission_update"))["id"] == made["event_id"]
        told = [(await admin.next("email_update"))["data"] for _ in range(count)]
    assert {each["submission_id"] for each in told} == {made["submission_id"]}
    assert {each["recipient"] for each in told} == {"a***@melotech.test"}
    return {(each["outcome"], each.get("severity")): each["reason"] for each in told}


async def test_status_change_ends_as_a_delivered_mail_on_the_admins_socket(system):
    told = await outcomes(system, 2)

    assert told == {("accepted", None): None, ("delivered", None): None}


async def test_delay_is_no_end_and_a_bounce_is_one(system):
    behave(system.mailgun, fate="delayed", times=1)
    delayed = await outcomes(system, 3)
    behave(system.mailgun, fate="failed", times=1)
    bounced = await outcomes(system, 2)

    assert set(delayed) == {
        ("accepted", None),
        ("failed", "temporary"),
        ("delivered", None),
    }
    assert delayed["failed", "temporary"].startswith("451 ")
    assert bounced["failed", "permanent"].startswith("550 ")
    assert "@" not in bounced["failed", "permanent"]


async def test_acceptance_is_shown_once_though_mailer_and_mailgun_tell_of_it(
    system, bus_url
):
    behave(system.mailgun, fate="suppressed", times=1)

    told = await outcomes(system, 2)

    assert set(told) == {("accepted", None), ("failed", "permanent")}
    both = [each for each in mails_told(bus_url) if each.data.outcome == "accepted"]
    assert {each.source for each in both} == {
        "/melotech/mailer",
        "/melotech/ingest/mailgun",
    }
    assert len({each.id for each in both}) == 1
    (failed,) = [each for each in mails_told(bus_url) if each.data.outcome == "failed"]
    assert failed.data.suppression == "bounced"
    assert failed.data.recipient_key == key_of("ada@melotech.test")


async def test_mailgun_comes_again_until_ingest_is_back(system):
    behave(system.mailgun, fate="complained", times=1)
    async with Client(system.gateway, "admin") as admin:
        await admin.auth(login(system.supabase, "admin@melotech.test"))
        await admin.next("welcome")
        await asyncio.to_thread(system.change)
        await admin.next("submission_update")
        system.ingest.kill()
        assert (await admin.next("email_update"))["data"]["outcome"] == "accepted"
        await asyncio.to_thread(until, system.attempts)
        await asyncio.to_thread(system.ingest.start)
        later = [
            (await admin.next("email_update", timeout=30))["data"]["outcome"]
            for _ in range(2)
        ]

    assert later == ["delivered", "complained"]
