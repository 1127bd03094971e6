"""The Mailgun stand-in's pure parts: forms and bad days."""

from datetime import UTC, datetime

import msgspec
import pytest

from devstack.mailgun import behaviour
from devstack.mailgun.behaviour import Behaviour
from devstack.mailgun.form import Rejected, message_of

GOOD = [
    ("from", "MeloTech <noreply@mg.x.test>"),
    ("to", "Ada <ada@x.test>"),
    ("subject", "S"),
    ("text", "T"),
    ("html", "<p>T</p>"),
    ("o:tag", "one"),
    ("o:tag", "two"),
    ("v:event_id", "evt_1"),
    ("h:Message-Id", "<evt_1@mg.x.test>"),
    ("o:testmode", "yes"),
]


def message(fields):
    return message_of(fields, domain="mg.x.test", fresh_id="fresh")


def without(name):
    return [(key, value) for key, value in GOOD if key != name]


def test_message_is_kept_with_its_tags_variables_and_headers():
    taken = message(GOOD)

    assert taken["id"] == "<evt_1@mg.x.test>"
    assert taken["to"] == "Ada <ada@x.test>"
    assert taken["tags"] == ["one", "two"]
    assert taken["variables"] == {"event_id": "evt_1"}
    assert taken["headers"] == {"Message-Id": "<evt_1@mg.x.test>"}
    assert taken["options"] == {"testmode": "yes"}


def test_message_without_an_id_gets_one_of_the_domain():
    assert message(without("h:Message-Id"))["id"] == "<fresh@mg.x.test>"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (without("from"), "from parameter is missing"),
        (without("to"), "to parameter is missing"),
        ([*without("to"), ("to", "nobody")], "'to' parameter is not a valid address"),
        (
            [("from", "a@b.test"), ("to", "a@b.test"), ("subject", "S")],
            "Need at least one of",
        ),
        ([*GOOD, ("v:big", "x" * 17_000)], "16 KB"),
    ],
)
def test_faulty_form_is_rejected_with_mailguns_sentence(fields, said):
    with pytest.raises(Rejected) as rejected:
        message(fields)

    assert said in str(rejected.value)


def test_bad_day_lasts_as_many_mails_as_was_asked():
    day = behaviour.read(b'{"mode": "status", "status": 429, "times": 2}')

    assert day.next().mode == "status"
    assert day.next().next() == Behaviour()
    lasting = Behaviour(mode="hang")
    assert lasting.next() == lasting


def test_too_many_requests_says_until_when():
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    day = Behaviour(mode="status", status=429, retry_after_seconds=90)

    assert behaviour.answer_text(day, now).endswith(
        "try again after Mon, 23 Nov 2026 12:01:30 GMT"
    )


@pytest.mark.parametrize("body", [b"", b'{"mode": "sulk"}', b'{"times": "x"}'])
def test_unknown_behaviour_is_refused(body):
    with pytest.raises(msgspec.DecodeError):
        behaviour.read(body)
