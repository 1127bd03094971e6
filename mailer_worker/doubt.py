"""A mail that Mailgun may have or not: what its log says decides, and time.

Pure: the caller passes what was found, and the claim as it was before the look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mailer_worker.ledger.mails import Claim
from mailer_worker.mailgun.log import Absent, Finding, Found
from shared.retry import RetryIn
from shared.topology import RETRY_DELAYS

#: The shortest and the longest that is waited between two looks.
SHORTEST_WAIT = min(RETRY_DELAYS.values())
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """All in seconds: how long a call can take; how old a mail must be for its absence
    from the log to count; after how long it is sent again where the log says nothing.
    """

    lease: float
    trusted: float
    give_up: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """Mailgun has it."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Mailgun has it not: `is_sure` tells proof from a guess."""

    is_sure: bool


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nobody knows yet."""

    wait: RetryIn


def resolve(
    finding: Finding, claim: Claim, patience: Patience
) -> Accepted | SendAgain | LookAgain:
    """Decide what follows a look at Mailgun's log, by the age of the claim then."""
    if isinstance(finding, Found):
        return Accepted()
    age = (claim.read_at - _ended_at(claim, patience)) / 1000
    absent = isinstance(finding, Absent)
    proof = patience.trusted if absent else patience.give_up
    if claim.state == "uncertain":
        # Or one that doubts each mail would send it again and again, without a pause.
        proof = max(proof, SHORTEST_WAIT.total_seconds())
    left = proof - age
    if age >= 0 and left <= 0:
        return SendAgain(is_sure=absent)
    return LookAgain(_rung(left))


def _ended_at(claim: Claim, patience: Patience) -> int:
    """Return when the call had surely ended: its worker may be alive, and in it."""
    if claim.state == "uncertain" and claim.settled_at is not None:
        return claim.settled_at
    return claim.claimed_at + int(patience.lease * 1000)


def _rung(seconds: float) -> RetryIn:
    """Return the longest wait that does not go beyond; the shortest where all do."""
    left = min(timedelta(seconds=seconds), LONGEST_WAIT)
    fitting = [(q, delay) for q, delay in RETRY_DELAYS.items() if delay <= left]
    queue, delay = fitting[-1] if fitting else next(iter(RETRY_DELAYS.items()))
    return RetryIn(queue=queue, delay=delay)
