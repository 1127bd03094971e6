"""The calls to Mailgun: so many at once, and none while a peer refuses us.

Whoever waits for its turn has no claim yet, so that a claim is never older than a call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from mailer_worker.gate import Gate
from mailer_worker.ledger.clock import elapsed
from mailer_worker.ledger.ledger import Busy, Claimed, Judgement
from mailer_worker.ledger.mails import Claim
from mailer_worker.mail import Mail
from mailer_worker.mailgun.messages import OVERHEAD
from shared.errors import MeloTechError, Misconfigured

#: A claim is used at once or not at all: the process may have slept since. In seconds.
STALE_CLAIM = OVERHEAD


class Stopping(Exception):
    """The end has come before the claim: the delivery is left to the broker."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was made: Mailgun's id of the mail, or why there is none."""

    claim: Claim
    answer: str | MeloTechError


@dataclass(frozen=True, slots=True)
class Stale:
    """A claim too old to use: others may count its call as ended before it began."""

    claim: Claim


class Calls:
    """Claim and `send`, from any number of threads; `most` of them at once."""

    def __init__(
        self,
        send: Callable[[Mail], str],
        gate: Gate,
        *,
        most: int,
        stopping: threading.Event,
    ) -> None:
        self._send = send
        self._gate = gate
        self._turns = threading.Semaphore(most)
        self._stopping = stopping

    def check(self) -> None:
        """Raise Misconfigured while a peer refuses us."""
        if self._gate.is_shut:
            raise Misconfigured(self._gate.trouble or "paused")

    def make(
        self, claim: Callable[[], Claimed], mail: Mail
    ) -> Answered | Stale | Judgement | Busy:
        """Call Mailgun where `claim` gives one, else return what it says.

        Raises Stopping, and Misconfigured while a peer refuses us.
        """
        with self._turns:
            # What has come about while it waited.
            if self._stopping.is_set():
                raise Stopping
            self.check()
            claimed = claim()
            if not isinstance(claimed, Claim):
                return claimed
            if elapsed() - claimed.began > STALE_CLAIM:
                return Stale(claimed)
            return Answered(claimed, self._answer_to(mail))

    def _answer_to(self, mail: Mail) -> str | MeloTechError:
        try:
            return self._send(mail)
        except MeloTechError as error:
            if isinstance(error, Misconfigured):
                # Before the turn is the next one's, who would be refused as well.
                self._gate.shut(error.peer, str(error))
            return error
