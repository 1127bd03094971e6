"""What becomes of a delivery: the one place that maps an error to what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import retry
from shared.errors import MeloTechError, Misconfigured, Permanent, Transient
from shared.retry import GiveUp, RetryIn

#: Our own count: RabbitMQ 4 ignores the x-death of a republished message.
ATTEMPT_HEADER = "x-melotech-attempt"
REASON_HEADER = "x-melotech-reason"
#: The HTTP status that made a dead letter, where there was one.
STATUS_HEADER = "x-melotech-status"
#: When it became one, in seconds since 1970.
DEAD_AT_HEADER = "x-melotech-dead-at"
#: The change has waited for the last word.
WAITED_HEADER = "x-melotech-waited"
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


@dataclass(frozen=True, slots=True)
class GoBack:
    """Publish to the queue it came from, then ack, and take no more for a while.

    Returned to the broker it would count as a failed delivery, and the operator's
    mistake would make a dead letter of it by and by.
    """

    reason: str
    peer: str


Decision = Retry | DeadLetter | GoBack


def attempt_of(headers: Mapping[str, object]) -> int:
    """Return which attempt a delivery is, by its headers: the first is 1."""
    failed = headers.get(ATTEMPT_HEADER)
    if not isinstance(failed, int):
        return 1
    return 1 + min(max(failed, 0), MAX_COUNT)


def has_waited(headers: Mapping[str, object]) -> bool:
    """Tell whether the delivery has waited for the last word."""
    return bool(headers.get(WAITED_HEADER))


def after(error: MeloTechError, attempt: int) -> Decision:
    """Decide what follows an attempt that failed; `attempt` is its number."""
    if isinstance(error, Misconfigured):
        return GoBack(str(error), error.peer)
    if not isinstance(error, Transient):
        return DeadLetter(str(error))
    wait = retry.retry(attempt, at_least=error.retry_after)
    given_up = error.most_attempts is not None and attempt >= error.most_attempts
    if given_up or isinstance(wait, GiveUp):
        return DeadLetter(f"given up after {attempt} attempts: {error}")
    return Retry(wait, str(error))


def headers_after(
    decision: Decision,
    error: MeloTechError,
    headers: Mapping[str, object],
    *,
    now: float,
) -> Headers:
    """Return the headers that the message takes on; `now` in seconds since 1970."""
    attempt = attempt_of(headers)
    waited: Headers = {WAITED_HEADER: 1} if has_waited(headers) else {}
    if isinstance(decision, GoBack):
        return waited | {ATTEMPT_HEADER: attempt - 1}
    reason = decision.reason[:MAX_REASON]
    counted = waited | {ATTEMPT_HEADER: attempt, REASON_HEADER: reason}
    if isinstance(decision, Retry):
        return counted
    status = error.status if isinstance(error, Permanent | Transient) else None
    about: Headers = {} if status is None else {STATUS_HEADER: status}
    return counted | about | {DEAD_AT_HEADER: int(now)}


def waited(headers: Mapping[str, object]) -> Headers:
    """Return the headers of a delivery that is to wait, its attempts kept."""
    return {WAITED_HEADER: 1, ATTEMPT_HEADER: attempt_of(headers) - 1}
