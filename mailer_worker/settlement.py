"""What becomes of a delivery: the one place that maps an error to what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import retry
from shared.errors import MeloTechError, Misconfigured, Transient
from shared.retry import GiveUp, RetryIn

#: Our own counts: RabbitMQ 4 ignores the x-death of a republished message.
ATTEMPT_HEADER = "x-melotech-attempt"
#: Attempts that failed for the operator's fault are no reason to ever give up.
HOLD_HEADER = "x-melotech-holds"
REASON_HEADER = "x-melotech-reason"
MAX_REASON = 500
#: Beyond any count of ours; a header is input from outside too.
MAX_COUNT = 10_000

Headers = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Retry:
    """Publish to the retry queue, then ack."""

    wait: RetryIn
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Publish to the dead letters with the reason, tell the admins, then ack."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Which attempt a delivery is (the first is 1), and how often it was held."""

    attempt: int
    holds: int


def count(headers: Mapping[str, object]) -> Count:
    """Return what the headers of a delivery tell of its past."""
    failed, holds = (_number(headers.get(h)) for h in (ATTEMPT_HEADER, HOLD_HEADER))
    return Count(attempt=failed + 1, holds=holds)


def after(error: MeloTechError, count: Count) -> tuple[Retry | DeadLetter, Headers]:
    """Decide what follows a failed attempt, and which headers the message takes on."""
    decision = _decision(error, count)
    held = isinstance(error, Misconfigured)
    headers: Headers = {
        ATTEMPT_HEADER: count.attempt - held,
        HOLD_HEADER: count.holds + held,
        REASON_HEADER: decision.reason[:MAX_REASON],
    }
    return decision, headers


def _decision(error: MeloTechError, count: Count) -> Retry | DeadLetter:
    if isinstance(error, Misconfigured):
        return Retry(retry.hold(count.holds + 1), str(error))
    if not isinstance(error, Transient):
        return DeadLetter(str(error))
    wait = retry.retry(count.attempt, at_least=error.retry_after)
    if isinstance(wait, GiveUp):
        return DeadLetter(f"given up after {count.attempt} attempts: {error}")
    return Retry(wait, str(error))


def _number(header: object) -> int:
    return min(header, MAX_COUNT) if isinstance(header, int) and header > 0 else 0
