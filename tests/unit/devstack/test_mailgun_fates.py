"""What the stand-in tells of a mail, and that ingest understands it."""

from __future__ import annotations

import json
import time

import pytest

from devstack.mailgun.fates import EVENTS, events_of
from devstack.mailgun.webhooks import signature, webhook
from ingest_service.mailgun.intake import Rules, decide
from tests.plugins.mailgun_webhooks import JSON, KEY

MAIL = {
    "id": "<evt_1@mg.x.test>",
    "from": "M <noreply@mg.x.test>",
    "to": "Ada <ada@x.test>",
    "subject": "S",
    "text": "T",
    "html": "<p>T</p>",
    "tags": ["status-approved"],
    "variables": {"event_id": "evt_1", "submission_id": "s-1"},
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
        ("silent@x.test", []),
    ],
)
def test_address_may_decide_what_becomes_of_a_mail(recipient, events):
    told = [each["event"] for each in events_of("by_recipient", recipient)]

    assert told == events


def test_what_was_asked_for_wins_over_the_address():
    (told,) = events_of("delivered", "bounce@x.test")

    assert told["event"] == "delivered"


@pytest.mark.parametrize("fate", EVENTS)
def test_ingest_understands_what_is_told(fate):
    now = time.time()
    for facts in EVENTS[fate]:
        body = webhook(MAIL, 'a"da@x.test', facts, domain="mg.x.test")
        body["signature"] = signature(KEY, now=now)

        rules = Rules(keys=[KEY.encode()], max_age=60)
        told = decide(json.dumps(body).encode(), JSON, rules, now=now).event

        assert told.data.outcome == facts["event"]
        assert told.data.cause == "evt_1"
        assert "@" not in (told.data.reason or "")


def test_message_id_stands_without_its_brackets():
    body = webhook(MAIL, "ada@x.test", EVENTS["delivered"][0], domain="mg.x.test")

    headers = body["event-data"]["message"]["headers"]
    assert headers["message-id"] == "evt_1@mg.x.test"
    assert len(signature(KEY, now=0)["token"]) == 50
