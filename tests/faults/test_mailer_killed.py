"""The mailer dies in mid-work: every change still gets its mail."""

from __future__ import annotations

import pytest
import requests

from tests.plugins.services import start_mailer, until
from tests.plugins.sockets import signed_change

CHANGES = 60


@pytest.fixture
def inbox(mailgun):
    def read():
        return requests.get(f"{mailgun.url}/api/messages", timeout=5).json()

    return read


def test_no_mail_is_lost_when_the_mailer_is_killed_at_any_moment(
    start, bus_url, supabase, mailgun, ingest, inbox
):
    mailer = start_mailer(start, bus_url, supabase.url, mailgun.url, MAILER_SENDERS="4")
    sent = set()
    for number in range(CHANGES):
        answer = signed_change(ingest, email=f"artist-{number}@melotech.test")
        sent.add(answer["event_id"])
        if number % 15 == 7:
            mailer.kill()
            mailer.start(wait=False)
    mailer.wait_ready()

    def mailed():
        return {mail["variables"]["event_id"] for mail in inbox()}

    until(lambda: mailed() == sent, timeout=40)


def test_mailer_that_waits_for_a_hanging_mailgun_keeps_its_connection(
    start, bus_url, supabase, mailgun, ingest, inbox
):
    mailer = start_mailer(
        start, bus_url, supabase.url, mailgun.url, MAILGUN_TIMEOUT_SECONDS="1"
    )
    requests.post(
        f"{mailgun.url}/api/behaviour",
        json={"mode": "hang", "seconds": 5, "times": 1},
        timeout=5,
    )
    signed_change(ingest, email="artist@melotech.test")

    until(inbox, timeout=30)

    assert "broker.lost" not in mailer.output()
