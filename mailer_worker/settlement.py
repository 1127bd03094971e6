"""What becomes of a delivery: the one place that maps an error to what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import retry
from shared.errors import MeloTechError, Misconfigured, Transient
from shared.retry import GiveUp, RetryIn

#: Our own count of attempts: RabbitMQ 4 ignores the x-death of a republished message.
ATTEMPT_HEADER = "x-melotech-attempt"
REASON_HEADER = "x-melotech-reason"
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Retry:
    """Publish to the retry queue, then ack."""

    wait: RetryIn
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Publish to the dead letters with the reason, tell the admins, then ack."""

    reason: str


def after(error: MeloTechError, *, attempt: int) -> Retry | DeadLetter:
    """Decide what follows when attempt number `attempt` (the first is 1) failed."""
    if isinstance(error, Misconfigured):
        return Retry(retry.hold(attempt), str(error))
    if not isinstance(error, Transient):
        return DeadLetter(str(error))
    wait = retry.retry(attempt, at_least=error.retry_after)
    if isinstance(wait, GiveUp):
        return DeadLetter(f"given up after {attempt} attempts: {error}")
    return Retry(wait, str(error))


def attempt_of(headers: Mapping[str, object]) -> int:
    """Return the number of the attempt that a delivery is, the first being 1."""
    failed = headers.get(ATTEMPT_HEADER)
    return failed + 1 if isinstance(failed, int) and failed > 0 else 1


def headers_for(*, attempt: int, reason: str) -> dict[str, str | int]:
    """Return the headers that a message takes along after attempt `attempt`."""
    return {ATTEMPT_HEADER: attempt, REASON_HEADER: reason[:MAX_REASON]}
