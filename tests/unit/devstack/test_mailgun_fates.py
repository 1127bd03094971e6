"""What the stand-in tells of a mail, and that ingest understands it."""

from __future__ import annotations

import json
import time

import pytest

from devstack.mailgun.fates import EVENTS, events_of, is_told
from devstack.mailgun.happenings import happening, happenings_of
from devstack.mailgun.webhooks import signature
from ingest_service.mailgun.intake import Rules, decide
from tests.plugins.mailgun_webhooks import JSON, KEY, NOW

MAIL = {
    "id": "<evt_1@mg.x.test>",
    "from": "M <noreply@mg.x.test>",
    "to": "Ada <ada@x.test>",
    "subject": "S",
    "text": "T",
    "html": "<p>T</p>",
    "tags": ["status-approved"],
    "variables": {"event_id": "evt_1", "submission_id": "s-1"},
    "options": {"testmode": "yes"},
}


@pytest.mark.parametrize(
    ("recipient", "events"),
    [
        ("ada@x.test", ["delivered"]),
        ("bounce@x.test", ["failed"]),
        ("delay-2@x.test", ["failed", "delivered"]),
        ("complain@x.test", ["delivered", "complained"]),
        ("unsubscribe@x.test", ["delivered", "unsubscribed"]),
        ("read@x.test", ["delivered", "opened", "clicked"]),
        ("suppressed@x.test", ["failed"]),
        ("accepted@x.test", []),
        ("silent@x.test", []),
    ],
)
def test_address_may_decide_what_becomes_of_a_mail(recipient, events):
    told = [each["event"] for each in events_of("by_recipient", recipient)]

    assert told == ["accepted", *events]


def test_silence_is_of_webhooks_only():
    told = {fate: is_told(fate, "ada@x.test") for fate in EVENTS}

    assert [fate for fate in told if not told[fate]] == ["silent"]
    assert not is_told("by_recipient", "silent-1@x.test")


def test_what_was_asked_for_wins_over_the_address():
    told = [each["event"] for each in events_of("delivered", "bounce@x.test")]

    assert told == ["accepted", "delivered"]


@pytest.mark.parametrize("fate", EVENTS)
def test_ingest_understands_what_is_told(fate):
    now = time.time()
    mail = MAIL | {"to": '"Ada \\"L." <ada@x.test>'}
    for each in happenings_of(mail, fate, domain="mg.x.test", now=now):
        body = {"event-data": each, "signature": signature(KEY, now=now)}

        rules = Rules(keys=[KEY.encode()], max_age=60)
        told = decide(json.dumps(body).encode(), JSON, rules, now=now).event

        assert told.data.outcome == each["event"]
        assert told.data.cause == "evt_1"
        assert "@" not in (told.data.reason or "")


def test_times_tell_the_order_for_each_recipient():
    mail = MAIL | {"to": "ada@x.test, ben@x.test"}

    told = list(happenings_of(mail, "read", domain="mg.x.test", now=NOW))

    assert [each["recipient"] for each in told] == ["ada@x.test"] * 4 + [
        "ben@x.test"
    ] * 4
    times = [each["timestamp"] for each in told[:4]]
    assert times == sorted(set(times))
    assert times[0] == NOW


def test_message_id_stands_without_its_brackets():
    told = happening(
        MAIL, "ada@x.test", EVENTS["failed"][1], domain="mg.x.test", moment=NOW
    )

    assert told["message"]["headers"]["message-id"] == "evt_1@mg.x.test"
    assert "<ada@x.test>" in told["delivery-status"]["message"]
    assert told["flags"]["is-test-mode"]
    assert len(signature(KEY, now=0)["token"]) == 50


@pytest.mark.parametrize(
    ("recipient", "suppression"),
    [
        ("bounce@x.test", "bounced"),
        ("suppressed@x.test", "bounced"),
        ("complain@x.test", "complained"),
        ("unsubscribe@x.test", "unsubscribed"),
    ],
)
def test_ingest_understands_who_gets_no_more_mails(recipient, suppression):
    mail = MAIL | {"to": recipient}
    *_, last = happenings_of(mail, "by_recipient", domain="mg.x.test", now=NOW)
    body = {"event-data": last, "signature": signature(KEY, now=NOW)}

    rules = Rules(keys=[KEY.encode()], max_age=60)
    told = decide(json.dumps(body).encode(), JSON, rules, now=NOW).event

    assert told.data.suppression == suppression
