"""What the switches say and take, down to the odd values."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from devstack.mailgun import behaviour
from devstack.mailgun.behaviour import Behaviour

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Behaviour(status=401), "Forbidden"),
        (Behaviour(status=500), "Internal Server Error"),
        (Behaviour(status=599), "error"),
        (Behaviour(status=400, text="not today"), "not today"),
        (
            Behaviour(status=429, retry_after_seconds=90),
            "request limit exceeded, try again after Mon, 23 Nov 2026 12:01:30 GMT",
        ),
        (
            Behaviour(status=429, retry_after_seconds=0),
            "request limit exceeded, try again after Mon, 23 Nov 2026 12:00:00 GMT",
        ),
    ],
)
def test_text_of_a_status_is_mailguns(given, text):
    assert behaviour.answer_text(given, NOW).endswith(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"mode":"sulk"}',
        b'{"mode":"status","status":"500"}',
        b'{"mode":"status","status":99}',
        b'{"mode":"status","status":1000}',
        b'{"mode":"hang","seconds":-1}',
        b'{"mode":"drop","times":0}',
        b'{"mood":"bad"}',
        b'{"fate":"lost"}',
        b'{"latency_ms":-1}',
        b'{"events_status":200}',
        b'{"events_times":0}',
    ],
)
def test_nonsense_is_refused(body):
    with pytest.raises(msgspec.DecodeError):
        behaviour.read(body)


def test_fate_lasts_as_many_mails_as_was_asked():
    day = behaviour.read(b'{"fate": "failed", "times": 1}')

    assert (day.mode, day.fate) == ("ok", "failed")
    assert day.next() == Behaviour()


def test_switches_of_the_log_and_of_time_outlast_the_mails():
    lasting = {"latency_ms": 5, "events_lag_seconds": 2.0, "events_status": 500}
    day = Behaviour(mode="garbage", times=1, **lasting)

    assert day.next() == Behaviour(**lasting)


def test_trouble_of_the_log_lasts_as_many_requests_as_was_asked():
    day = Behaviour(mode="hang", events_status=503, events_times=2)

    assert day.next_events().events_status == 503
    assert day.next_events().next_events() == Behaviour(mode="hang")
    lasting = Behaviour(events_status=503)
    assert lasting.next_events() == lasting
