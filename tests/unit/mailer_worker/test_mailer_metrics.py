"""What the mailer counts: calls by what they came to, and how old a change is."""

from datetime import UTC, datetime

import msgspec
import pytest

from mailer_worker import metrics
from mailer_worker.metrics import Metrics
from mailer_worker.state import State
from shared.errors import Misconfigured, Permanent, Transient, Uncertain
from tests.plugins.mails import change

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
AGE = "melotech_mailer_change_to_accepted_seconds"


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (None, "2xx"),
        (Transient("", status=302), "3xx"),
        (Permanent("", status=400), "4xx"),
        (Transient("", status=404), "4xx"),
        (Transient("", status=429), "429"),
        (Transient("", status=503), "5xx"),
        (Transient("", status=999), "5xx"),
        (Transient("no connection"), "unreached"),
        (Misconfigured("", "Mailgun"), "refused"),
        (Uncertain("no answer"), "lost"),
    ],
)
def test_call_is_counted_by_what_it_came_to(error, answer):
    assert metrics.answer_of(error) == answer
    assert answer in metrics.ANSWERS


def test_call_is_counted_and_its_answer_passed_on():
    counting = Metrics(State())

    def refuse(mail):
        raise Misconfigured("wrong key", "Mailgun")

    assert counting.counting(lambda mail: "id")("mail") == "id"
    with pytest.raises(Misconfigured):
        counting.counting(refuse)("mail")

    value = counting.registry.get_sample_value
    calls = "melotech_mailer_calls_total"
    assert value(calls, {"answer": "2xx"}) == value(calls, {"answer": "refused"}) == 1
    assert value(calls, {"answer": "5xx"}) == 0
    assert value("melotech_mailer_call_seconds_count") == 2


@pytest.mark.parametrize(
    ("time", "age"),
    [
        ("2026-11-23T11:59:58.500+00:00", 1.5),
        ("2026-11-23T12:00:00.000Z", 0.0),
        # The clocks of two machines differ.
        ("2026-11-23T12:00:01.000+00:00", 0.0),
        ("2026-11-23T11:59:58.500", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_age_is_from_the_receipt_of_the_change_where_it_says_when(time, age):
    event = msgspec.structs.replace(change(1, userid="u-1"), time=time)

    assert metrics.age_of(event, now=NOON) == age
    counting = Metrics(State())
    counting.accepted(event)
    told = counting.registry.get_sample_value(f"{AGE}_count")
    assert told == (age is not None)


def test_state_is_told_as_it_is_when_asked():
    state = State()
    value = Metrics(state).registry.get_sample_value
    assert value("melotech_mailer_gate_open") == 0

    state.trouble, state.connected, state.mails = None, True, {"uncertain": 2}

    assert value("melotech_mailer_gate_open") == 1
    assert value("melotech_mailer_broker_connected") == 1
    mails = "melotech_mailer_ledger_mails"
    assert value(mails, {"state": "uncertain"}) == 2
    assert value(mails, {"state": "claimed"}) == 0
