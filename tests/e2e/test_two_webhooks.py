"""Two webhooks on one table, as many have: one change, one update and one mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import requests

from shared import events
from tests.plugins.mails import inbox, mails_told, on_stream, publish
from tests.plugins.services import SERVICE_KEY, signed, start_gateway, until
from tests.plugins.sockets import Client, login

SAMPLES = Path(__file__).parents[1] / "samples"
UPDATE = (SAMPLES / "pg_net-update.json").read_bytes()
ENDPOINTS = ("submission-update", "submission-status-update")
ARTIST = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def gateway(start, bus_url, supabase, tmp_path):
    headers = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}
    answer = requests.post(
        f"{supabase.url}/rest/v1/users",
        headers=headers,
        json={"id": ARTIST, "email": "sample@artist.test", "name": "Sample"},
        timeout=5,
    )
    assert answer.status_code < 300, answer.text
    return start_gateway(start, bus_url, supabase.url, tmp_path / "gateway")


def send(ingest, body, endpoint):
    answer = requests.post(
        f"{ingest.url}/webhook/{endpoint}", data=body, headers=signed(body), timeout=10
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["event_id"]


async def heard(gateway, supabase, act, count):
    """Return the updates that an admin hears, the mails left out, until `count`."""
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, "admin@melotech.test"))
        await admin.next("welcome")
        await asyncio.to_thread(act)
        updates = []
        while len(updates) < count:
            message = (await admin.ws.receive(timeout=10)).json()
            if message["type"] == "submission_update":
                updates.append(message)
    return updates


async def test_one_change_told_at_both_endpoints_is_one_mail_and_one_update(
    ingest, gateway, mailer, mailgun, supabase, bus_url
):
    later = UPDATE.replace(b'"approved"', b'"rejected"')
    ids = []

    def tell():
        ids.extend(send(ingest, UPDATE, endpoint) for endpoint in ENDPOINTS)
        ids.extend(send(ingest, later, endpoint) for endpoint in reversed(ENDPOINTS))

    # The second change is the sign that all of the first one has been dealt with.
    updates = await heard(gateway, supabase, tell, 2)
    until(lambda: len(inbox(mailgun)) >= 2)
    until(lambda: mailer.output().count("delivery.settled") == 4)

    assert len(set(ids)) == 4
    assert [each["data"]["new_data"]["status"] for each in updates] == [
        "approved",
        "rejected",
    ]
    assert [mail["tags"] for mail in inbox(mailgun)] == [
        ["status-approved"],
        ["status-rejected"],
    ]
    told = mails_told(bus_url)
    assert [each.type for each in told] == [events.EMAIL_ACCEPTED] * 2


async def test_same_change_made_again_minutes_later_is_another_mail_and_update(
    ingest, gateway, mailer, mailgun, supabase, bus, bus_url
):
    def tell():
        send(ingest, UPDATE, ENDPOINTS[0])
        first = until(lambda: on_stream(bus_url))[0]
        later = datetime.now(UTC) + timedelta(minutes=3)
        publish(
            bus,
            msgspec.structs.replace(
                first, id="evt_again", time=later.isoformat(timespec="milliseconds")
            ),
        )

    updates = await heard(gateway, supabase, tell, 2)

    assert updates[1]["id"] == "evt_again"
    until(lambda: len(inbox(mailgun)) == 2)
