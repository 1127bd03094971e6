"""When is a failed delivery tried again, and when is it given up?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.topology import RETRY_DELAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryIn:
    """Publish to `queue`; the broker hands the message back after `delay`."""

    queue: str
    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No attempt is left: dead-letter the message."""


#: Five short waits, then hourly: about a day in all, longer than a provider's outage.
MAX_ATTEMPTS = 28


def retry(attempt: int, *, at_least: float | None = None) -> RetryIn | GiveUp:
    """Decide what follows failed attempt number `attempt` (the first is 1).

    `at_least` is the peer's wish in seconds (Retry-After); the shortest queue that
    honours it is taken, the longest one where none does.
    """
    if attempt >= MAX_ATTEMPTS:
        return GiveUp()
    return _ladder(attempt, timedelta(seconds=at_least or 0))


def hold(attempt: int) -> RetryIn:
    """Wait without ever giving up: the fault is the operator's, not the message's."""
    return _ladder(attempt, timedelta(0))


def _ladder(attempt: int, at_least: timedelta) -> RetryIn:
    steps = list(RETRY_DELAYS.items())
    index = min(max(attempt, 1), len(steps)) - 1
    for queue, delay in steps[index:]:
        if delay >= at_least:
            return RetryIn(queue=queue, delay=delay)
    queue, delay = steps[-1]
    return RetryIn(queue=queue, delay=delay)
