"""Frames, throttle and health: small decisions by table."""

import pytest

from realtime_gateway import frames
from realtime_gateway.api.health import UNKNOWN, mailer_counts, status_of
from shared.amqp.counts import QueueCounts
from shared.throttle import Throttle
from shared.topology import MAILER_DEAD_LETTERS, MAILER_QUEUE


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_frame_says_its_length_as_the_protocol_asks(length):
    payload = b"x" * length

    frame = frames.text(None, payload)

    assert frame[0] == 0x81
    assert frame.endswith(payload)
    if length < 126:
        assert frame[1] == length
    elif length < 65_536:
        assert frame[1:4] == bytes((126,)) + length.to_bytes(2, "big")
    else:
        assert frame[1:10] == bytes((127,)) + length.to_bytes(8, "big")


def test_throttle_allows_a_burst_then_its_rate():
    throttle = Throttle(10, now=0)

    assert [throttle.allow(0) for _ in range(21)] == [True] * 20 + [False]
    assert throttle.allow(0.1)
    assert not throttle.allow(0.1)


def test_burst_may_be_another_than_twice_the_rate():
    throttle = Throttle(1, now=0, burst=5)

    assert [throttle.allow(0) for _ in range(6)] == [True] * 5 + [False]
    assert [throttle.allow(2) for _ in range(3)] == [True] * 2 + [False]


@pytest.mark.parametrize(
    ("live", "draining", "consumers", "status"),
    [
        (True, False, 1, "healthy"),
        (True, False, 0, "degraded"),
        (True, False, None, "degraded"),
        (False, False, 1, "unhealthy"),
        (True, True, 1, "draining"),
    ],
)
def test_status_tells_what_works(live, draining, consumers, status):
    mailer = UNKNOWN | {"consumers": consumers}

    assert status_of(live=live, draining=draining, mailer=mailer) == status


def test_waiting_retries_are_backlog():
    answers = {
        MAILER_QUEUE: QueueCounts(messages=2, consumers=1),
        MAILER_DEAD_LETTERS: QueueCounts(messages=3, consumers=0),
        "mailer.retry.5s": QueueCounts(messages=4, consumers=0),
    }

    assert mailer_counts(answers) == {"consumers": 1, "backlog": 6, "dead_letters": 3}
    assert mailer_counts({}) == UNKNOWN
