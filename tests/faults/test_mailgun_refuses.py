"""Mailgun refuses us altogether: everything waits for the operator."""

from __future__ import annotations

import pytest
import requests

from tests.plugins.ledgers import IMPATIENT, NO_SUPABASE, depths, mailed
from tests.plugins.mails import behave, dead_letters, mails_told
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, some_changes

CHANGES = 20
#: As many as could be asked at the same moment.
SENDERS = int(IMPATIENT["MAILER_SENDERS"])
#: So many refusals are left at first.
REFUSALS = 1_000


@pytest.fixture
def mailer(start, bus_url, mailgun):
    return start_mailer(start, bus_url, NO_SUPABASE, mailgun.url, **IMPATIENT)


def health(mailer):
    return requests.get(f"{mailer.url}/health", timeout=5)


def refuse(mailgun, **answer):
    behave(mailgun, mode="status", times=REFUSALS, **answer)


def refused(mailgun):
    """Return how many mails were refused so far."""
    switches = requests.get(f"{mailgun.url}/api/behaviour", timeout=5).json()
    return REFUSALS - switches["times"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403},
        {
            "status": 400,
            "text": "Domain mg.melotech.test is not allowed to send: unverified",
        },
    ],
)
def test_refusal_is_told_holds_everything_and_heals_by_itself(
    mailer, mailgun, bus, bus_url, answer
):
    refuse(mailgun, **answer)
    publish_all(bus, some_changes(CHANGES))

    until(lambda: health(mailer).status_code == 503)
    assert f"Mailgun answered {answer['status']}" in health(mailer).json()["reason"]
    assert answer.get("text", "") in health(mailer).json()["reason"]
    behave(mailgun)

    until(lambda: len(mailed(mailgun)) == CHANGES)
    until(lambda: health(mailer).status_code == 200)
    until(lambda: not depths(bus_url))
    assert len(set(mailed(mailgun))) == CHANGES
    assert dead_letters(bus_url) == []


def test_mailgun_that_refuses_our_key_is_asked_by_one_mail_a_pause(
    mailer, mailgun, bus, bus_url
):
    refuse(mailgun, status=401)
    publish_all(bus, some_changes(CHANGES))
    until(lambda: health(mailer).status_code == 503)
    until(lambda: depths(bus_url) == {"mailer.status-changes": CHANGES})
    at_first = refused(mailgun)
    assert at_first <= SENDERS

    until(lambda: mailer.output().count('"mailer.paused"') == 2)
    assert refused(mailgun) == at_first + 1
    assert health(mailer).status_code == 503
    publish_all(bus, some_changes(2 * CHANGES)[CHANGES:])
    until(lambda: depths(bus_url) == {"mailer.status-changes": 2 * CHANGES})
    assert refused(mailgun) == at_first + 1
    behave(mailgun)

    until(lambda: len(mailed(mailgun)) == 2 * CHANGES, timeout=30)
    until(lambda: health(mailer).status_code == 200)
    assert len(set(mailed(mailgun))) == 2 * CHANGES
    assert dead_letters(bus_url) == []
    assert {event.type for event in mails_told(bus_url)} == {"email.accepted"}
