"""Retries: the ladder of delays, the peer's wish, and the end of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.retry import MAX_ATTEMPTS, GiveUp, RetryIn, hold, retry
from shared.topology import RETRY_DELAYS


@pytest.mark.parametrize(
    ("attempt", "queue"),
    [
        (1, "mailer.retry.5s"),
        (2, "mailer.retry.30s"),
        (3, "mailer.retry.2m"),
        (4, "mailer.retry.10m"),
        (5, "mailer.retry.1h"),
        (27, "mailer.retry.1h"),
    ],
)
def test_each_attempt_waits_longer_up_to_an_hour(attempt, queue):
    assert retry(attempt) == RetryIn(queue=queue, delay=RETRY_DELAYS[queue])


def test_last_attempt_gives_up():
    assert retry(MAX_ATTEMPTS) == GiveUp()


@pytest.mark.parametrize(
    ("wish", "queue"),
    [(1, "mailer.retry.5s"), (6, "mailer.retry.30s"), (9999, "mailer.retry.1h")],
)
def test_peers_wish_is_honoured_by_the_shortest_queue_that_can(wish, queue):
    assert retry(1, at_least=wish).queue == queue


def test_holding_never_gives_up():
    assert hold(10_000).delay == timedelta(hours=1)


@given(st.integers(1, 1000), st.floats(0, 1e6))
def test_wait_is_always_one_of_the_queues(attempt, wish):
    answer = retry(attempt, at_least=wish)

    assert isinstance(answer, GiveUp) or answer.queue in RETRY_DELAYS
