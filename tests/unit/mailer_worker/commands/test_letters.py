"""What a dead letter says, and which ones are meant: tables over hostile input."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer_worker.commands import choosing
from mailer_worker.commands.choosing import Chooser, Filter
from mailer_worker.commands.letters import dead_letter, replay_headers
from mailer_worker.settlement import (
    ATTEMPT_HEADER,
    DEAD_AT_HEADER,
    MAX_REASON,
    REASON_HEADER,
    STATUS_HEADER,
    WAITED_HEADER,
)
from shared import events
from shared.amqp.rotation import Keep, Letter, MoveTo, Remove
from shared.topology import MAILER_QUEUE
from tests.plugins.mails import change

NOW = 1_800_000_000.0
DIED = datetime.fromtimestamp(NOW - 90, UTC)


def letter(body=None, *, message_id="evt_1", **headers):
    body = events.encode(change(1, userid="u-1")) if body is None else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Letter(body=body, message_id=message_id, headers=named)


def by_mailer(**changes):
    headers = {
        ATTEMPT_HEADER: 3,
        REASON_HEADER: "Mailgun said 400",
        STATUS_HEADER: 400,
        DEAD_AT_HEADER: int(NOW) - 90,
    }
    return letter(**(headers | changes))


def by_broker(reason="delivery_limit", **headers):
    death = {"queue": MAILER_QUEUE, "reason": reason, "count": 2, "time": DIED}
    waited = {"queue": "mailer.retry.5s", "reason": "expired", "count": 4, "time": DIED}
    return letter(x_death=[waited, death], **headers)


def test_letter_of_the_mailer_says_all_that_its_headers_hold():
    found = dead_letter(by_mailer())

    assert found.event_id == "evt_1"
    assert found.submission_id == "s-1"
    assert found.status == "approved"
    assert found.http_status == 400
    assert found.attempts == 3
    assert found.age(NOW) == 90
    assert found.reason == "Mailgun said 400"


def test_letter_of_the_broker_says_why_and_since_when():
    found = dead_letter(by_broker())

    assert "(delivery_limit)" in found.reason
    assert found.attempts == 2
    assert found.age(NOW) == 90


def test_letter_of_the_broker_keeps_what_its_last_attempt_said():
    found = dead_letter(by_broker(**{REASON_HEADER: "timed out", ATTEMPT_HEADER: 5}))

    assert found.reason.endswith("before that: timed out")
    assert found.attempts == 5


def test_letter_that_the_mailer_made_last_is_the_mailers():
    past = [{"queue": MAILER_QUEUE, "reason": "delivery_limit", "time": DIED}]

    assert dead_letter(by_mailer(x_death=past)).reason == "Mailgun said 400"


def test_id_is_the_events_where_the_message_has_none():
    assert dead_letter(letter(message_id="")).event_id == "evt_1"
    assert dead_letter(letter(b"garbage", message_id="")).event_id == ""


@pytest.mark.parametrize("value", [None, "400", 2**70, -1, True, 4.0, [400], {}, b"4"])
def test_number_that_is_none_is_unknown(value):
    found = dead_letter(
        letter(**{STATUS_HEADER: value, ATTEMPT_HEADER: value, DEAD_AT_HEADER: value})
    )

    assert found.http_status is None
    assert found.attempts is None
    assert found.age(NOW) is None


def test_reason_is_cut_to_what_the_mailer_would_write():
    assert (
        len(dead_letter(letter(**{REASON_HEADER: "x" * 10_000})).reason) == MAX_REASON
    )


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    [ATTEMPT_HEADER, REASON_HEADER, STATUS_HEADER, DEAD_AT_HEADER, "x-death"]
)


@given(body=st.binary(), headers=st.dictionaries(_NAMES | st.text(), _VALUES))
def test_no_letter_raises_anything(body, headers):
    hostile = Letter(body=body, message_id="", headers=headers)

    assert isinstance(dead_letter(hostile).reason, str)
    assert replay_headers(headers)[WAITED_HEADER] == 1


def test_replayed_letter_has_no_past_and_does_not_wait_again():
    headers = by_mailer(x_death=[], x_first_death_queue="q", traceparent="00-1").headers

    assert replay_headers(headers) == {"traceparent": "00-1", WAITED_HEADER: 1}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Filter(), True),
        (Filter(ids=frozenset({"evt_1", "evt_2"})), True),
        (Filter(ids=frozenset({"evt_2"})), False),
        (Filter(reason="mailGUN SAID"), True),
        (Filter(reason="no such"), False),
        (Filter(http_status=400), True),
        (Filter(http_status=503), False),
        (Filter(older_than=89), True),
        (Filter(older_than=90), False),
        (Filter(newer_than=91), True),
        (Filter(newer_than=90), False),
        (Filter(older_than=60, newer_than=120), True),
        (Filter(submission="s-1"), True),
        (Filter(submission="s-2"), False),
        (Filter(submission="s-1", http_status=503), False),
    ],
)
def test_letter_is_meant_where_all_that_was_asked_for_holds(wanted, taken):
    assert wanted.takes(dead_letter(by_mailer()), now=NOW) is taken


@pytest.mark.parametrize(
    "wanted",
    [Filter(older_than=0), Filter(newer_than=9e9), Filter(submission="s-1")],
)
def test_letter_that_does_not_say_is_not_meant(wanted):
    assert not wanted.takes(dead_letter(letter(b"garbage")), now=NOW)


@pytest.mark.parametrize(
    ("then", "fate"), [(choosing.keep, Keep), (choosing.remove, Remove)]
)
def test_fate_is_that_which_was_asked_for(then, fate):
    assert isinstance(then(by_mailer()), fate)


def test_replay_moves_to_the_mailers_queue():
    assert choosing.replay(by_mailer()) == MoveTo(MAILER_QUEUE, {WAITED_HEADER: 1})


def test_chooser_stops_at_its_limit_and_keeps_those_that_are_not_meant():
    chooser = Chooser(
        wanted=Filter(http_status=400), then=choosing.remove, now=NOW, limit=2
    )

    fates = [chooser(each) for each in (by_mailer(), by_broker(), *[by_mailer()] * 2)]

    assert fates == [Remove(), Keep(), Remove(), Keep()]
    assert [each.event_id for each in chooser.chosen] == ["evt_1", "evt_1"]
