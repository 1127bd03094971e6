"""One delivery: judge it, find the recipient, claim, send, and note what came of it.

Before Mailgun is called the ledger has the claim, and after its answer the end; what
lies between is found out and never guessed. So killing the worker at any moment neither
loses a mail nor sends one twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mailer_worker import doubt, results, settlement
from mailer_worker.calls import Answered, Calls, Stale, Stopping
from mailer_worker.composing import Compose
from mailer_worker.doubt import LookAgain, Patience, SendAgain
from mailer_worker.gate import Gate
from mailer_worker.ledger.ledger import Busy, Judgement, Ledger, Open, Sent
from mailer_worker.ledger.mails import Claim
from mailer_worker.mail import Mail, message_id_of
from mailer_worker.mailgun.answers import PEER as MAILGUN
from mailer_worker.mailgun.log import CannotTell, Finding
from mailer_worker.plan import Send, Skip, change_in, plan
from mailer_worker.recipients import PEER as SUPABASE
from mailer_worker.recipients import Recipient
from mailer_worker.results import Result
from mailer_worker.settlement import DeadLetter, GoBack
from mailer_worker.settler import Settlement
from mailer_worker.standing import Drop, Due, Wait, change_of
from mailer_worker.traced import processing, within
from shared import logs
from shared.amqp.message import Delivery
from shared.errors import (
    LedgerUnavailable,
    MeloTechError,
    Misconfigured,
    Permanent,
    Uncertain,
)
from shared.events import ChangeEvent
from shared.retry import RetryIn
from shared.topology import MAILER_QUEUE, RETRY_DELAYS
from shared.tracing.spans import NO_TRACER, Traceparent, Tracer, carried

log = logs.get(__name__)

LEDGER = "ledger"
#: How long a ledger that is away is waited for with what Mailgun has taken, and between
#: two attempts, in seconds.
NOTE_DEADLINE, NOTE_PAUSE = 30.0, 0.5
#: The next of a submission's mails waits so for the one that another worker sends.
ITS_TURN = next(RetryIn(queue=q, delay=delay) for q, delay in RETRY_DELAYS.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The ways out: to Supabase, to Mailgun, and to Mailgun's log."""

    recipient_of: Callable[[Send], Recipient]
    send: Callable[[Mail], str]
    find: Callable[[str], Finding]


class Settles(Protocol):
    """What is asked of a settler."""

    def put(self, settlement: Settlement) -> None: ...


class Worker:
    """Handle deliveries, from several threads at once; one submission's in turn.

    Mailgun is called `senders` times at once at the most; with more threads than that
    the next mails get ready meanwhile, and those before are noted.
    """

    def __init__(
        self,
        doors: Doors,
        ledger: Ledger,
        gate: Gate,
        settler: Settles,
        *,
        compose: Compose,
        domain: str,
        patience: Patience,
        senders: int,
        stopping: threading.Event,
        on_accepted: Callable[[ChangeEvent], None],
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._doors = doors
        self._ledger = ledger
        self._gate = gate
        self._settler = settler
        self._compose = compose
        self._domain = domain
        self._patience = patience
        self._calls = Calls(doors.send, gate, most=senders, stopping=stopping)
        self._stopping = stopping
        self._on_accepted = on_accepted
        self._tracer = tracer

    def handle(self, delivery: Delivery) -> None:
        """Hand the delivery to the settler; leave it to the broker at the end."""
        if self._stopping.is_set():
            return
        started = time.perf_counter()
        span = processing(self._tracer, delivery, MAILER_QUEUE)
        try:
            result = self._result_of(delivery, span.traceparent)
        except Stopping:
            return
        facts = {
            "event_id": delivery.message_id,
            "attempt": settlement.attempt_of(delivery.headers),
            "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            **span.facts,
            **result.facts,
        }
        self._settler.put(
            Settlement(delivery, result.messages, result.outcome, facts, span)
        )

    def _result_of(self, delivery: Delivery, trace: Traceparent) -> Result:
        try:
            return self._attempt(delivery, trace)
        except MeloTechError as error:
            return self._failed(delivery, error, trace)
        except Stopping:
            raise
        except Exception as error:  # one bad message, not the line
            log.error("delivery.failed", event_id=delivery.message_id, exc_info=error)
            unexpected = Permanent(f"unexpected {type(error).__name__}")
            return self._failed(delivery, unexpected, trace)

    def _attempt(self, delivery: Delivery, trace: Traceparent) -> Result:
        planned = within(plan(delivery.body), trace)
        change = change_of(planned.event)
        if isinstance(planned, Skip):
            self._ledger.skip(change, planned.reason)
            self._gate.proved(LEDGER)
            return results.skipped(planned.event, planned.reason)
        waited = settlement.has_waited(delivery.headers)
        # Though nothing may be sent: its place is that of its first arrival.
        judged = self._ledger.judge(change, has_waited=waited)
        self._gate.proved(LEDGER)
        if self._gate.is_shut and isinstance(judged, Due | Open):
            raise Misconfigured(self._gate.trouble or "paused")
        return self._carry_out(delivery, planned, judged)

    def _carry_out(
        self, delivery: Delivery, planned: Send, judged: Judgement | Busy
    ) -> Result:
        match judged:
            case Drop(state="repeated", twin=twin):
                return Result("repeated", facts={"repeats": twin})
            case Drop(reason=reason):
                return results.skipped(planned.event, reason)
            case Wait(seconds=seconds):
                return results.settling(delivery, seconds)
            case Sent(claim=claim):
                return results.accepted(planned.event, claim)
            case Open(claim=claim):
                return self._find_out(delivery, planned, claim, None)
            case Busy():
                return results.later(delivery, ITS_TURN, "another mail is under way")
            case Due(newest=newest):
                return self._deliver(delivery, planned, newest)

    def _deliver(self, delivery: Delivery, planned: Send, newest: int) -> Result:
        event = planned.event
        recipient = self._doors.recipient_of(planned)
        if not planned.own_email:
            self._gate.proved(SUPABASE)
        message_id = message_id_of(event.id, self._domain)
        mail = self._compose(planned, recipient, message_id)
        called = self._calls.make(
            lambda: self._ledger.claim(
                change_of(event), recipient.address, message_id, newest=newest
            ),
            mail,
        )
        if isinstance(called, Stale):
            self._ledger.released(called.claim)
            return results.later(delivery, ITS_TURN, "the claim is too old to use")
        if not isinstance(called, Answered):
            return self._carry_out(delivery, planned, called)
        claimed, answer = called.claim, called.answer
        if isinstance(answer, Uncertain):
            doubted = self._ledger.doubted(claimed)
            return self._find_out(delivery, planned, doubted, str(answer))
        if isinstance(answer, MeloTechError):
            self._ledger.released(claimed)
            if not isinstance(answer, Misconfigured):
                self._gate.proved(MAILGUN)
            raise answer
        self._gate.proved(MAILGUN)
        self._on_accepted(event)
        self._note_accepted(claimed, answer)
        return results.accepted(event, claimed)

    def _note_accepted(self, claim: Claim, mailgun_id: str) -> None:
        """Try for a while: nobody else knows it, and Mailgun may not tell again."""
        deadline = time.monotonic() + NOTE_DEADLINE
        while True:
            try:
                self._ledger.accepted(claim, mailgun_id)
            except LedgerUnavailable as error:
                self._gate.shut(error.peer, str(error))
                if time.monotonic() > deadline or self._stopping.wait(NOTE_PAUSE):
                    raise
            else:
                return

    def _find_out(
        self, delivery: Delivery, planned: Send, claim: Claim, why: str | None
    ) -> Result:
        """Follow up a mail that Mailgun may have; `why` it is not known, where told."""
        finding = self._doors.find(claim.message_id)
        found = doubt.resolve(finding, claim, self._patience)
        if isinstance(found, LookAgain):
            if not self._ledger.puzzled(claim):
                # Its webhook was faster than the log.
                return results.accepted(planned.event, claim)
            return results.uncertain(
                delivery,
                planned.event,
                claim,
                found.wait,
                reason=why or "the worker ended in mid-call",
                log=finding.reason if isinstance(finding, CannotTell) else None,
            )
        if isinstance(found, SendAgain):
            log.warning("mail.sent-again", event_id=claim.event_id, sure=found.is_sure)
            if not self._ledger.released(claim):
                return results.later(
                    delivery, ITS_TURN, "another worker sends it again"
                )
            # All may be otherwise by now: it is judged like any other.
            return self._attempt(delivery, planned.event.traceparent)
        self._ledger.accepted(claim, claim.message_id)
        return results.accepted(planned.event, claim)

    def _failed(
        self, delivery: Delivery, error: MeloTechError, trace: Traceparent
    ) -> Result:
        decision = settlement.after(error, settlement.attempt_of(delivery.headers))
        headers = settlement.headers_after(
            decision, error, delivery.headers, now=time.time()
        )
        if isinstance(decision, GoBack) and decision.peer:
            # Before the delivery is settled, so that no other comes in its place.
            self._gate.shut(decision.peer, decision.reason)
        event = change_in(delivery.body) if isinstance(decision, DeadLetter) else None
        if event is not None:
            event = carried(event, trace)
            self._note_failure(event, decision.reason)
        return results.failed(delivery, decision, headers, event)

    def _note_failure(self, event: ChangeEvent, reason: str) -> None:
        try:
            self._ledger.failed(event.id, reason)
        except MeloTechError as error:
            # What the dead letter says is enough to go on by.
            log.warning("ledger.not-noted", event_id=event.id, reason=str(error))
