"""One delivery: plan, find the address, send, tell the bus, settle.

A delivery is acked only after whatever follows from it is confirmed by the broker, so
killing the worker at any moment loses nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from mailer_worker import messages, settlement
from mailer_worker.letters.rendering import Letters
from mailer_worker.messages import Mail
from mailer_worker.plan import Send, Skip, plan
from mailer_worker.repetitions import Repetitions
from mailer_worker.settlement import DeadLetter
from shared import events, logs
from shared.amqp.message import Delivery, Message
from shared.errors import MeloTechError, Misconfigured, NotPublished, Permanent
from shared.events import ChangeEvent, EmailData, EmailEvent, Severity
from shared.topology import MAILER_DEAD_LETTERS

log = logs.get(__name__)

SOURCE = "/melotech/mailer"
CONFIRM_DEADLINE = 10.0
#: Between attempts to publish while the broker is away, in seconds.
PUBLISH_PAUSE = 0.5
#: Accepted mails that are remembered, so that a delivery that comes again while this
#: process lives is not sent again.
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Sent:
    recipient: str
    mailgun_id: str


class Publishes(Protocol):
    """What is asked of a publisher."""

    def publish(self, message: Message, *, timeout: float) -> None: ...


class Worker:
    """Handle deliveries, from several threads at once.

    `address_for` and `send` are the doors to Supabase and Mailgun; `ack` settles.
    """

    def __init__(
        self,
        *,
        address_for: Callable[[Send], str],
        send: Callable[[Mail], str],
        bus: Publishes,
        ack: Callable[[Delivery], None],
        domain: str,
        stopping: threading.Event,
    ) -> None:
        self._address_for = address_for
        self._send = send
        self._bus = bus
        self._ack = ack
        self._domain = domain
        self._stopping = stopping
        self._letters = Letters()
        self._accepted: OrderedDict[str, _Sent] = OrderedDict()
        self._lock = threading.Lock()
        self._repetitions = Repetitions()
        self.misconfigured: str | None = None

    def handle(self, delivery: Delivery) -> None:
        """Settle the delivery, or leave it to the broker when the worker stops."""
        if self._stopping.is_set():
            return
        started = time.perf_counter()
        attempt = settlement.count(delivery.headers).attempt
        try:
            outcome, follow_ups, facts = self._attempt(delivery)
        except MeloTechError as error:
            outcome, follow_ups, facts = self._failed(delivery, error)
        except Exception as error:  # one bad message, not the line
            log.error("delivery.failed", event_id=delivery.message_id, exc_info=error)
            unexpected = Permanent(f"unexpected {type(error).__name__}")
            outcome, follow_ups, facts = self._failed(delivery, unexpected)
        for message in follow_ups:
            if not self._publish(message):
                return
        self._ack(delivery)
        log.info(
            "delivery.settled",
            event_id=delivery.message_id,
            attempt=attempt,
            outcome=outcome,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            **facts,
        )

    def _attempt(
        self, delivery: Delivery
    ) -> tuple[str, list[Message], dict[str, object]]:
        planned = plan(delivery.body)
        twin = self._repetitions.claim(planned.event)
        if twin is not None:
            return "repeated", [], {"repeats": twin}
        if isinstance(planned, Skip):
            data = _told(planned.event, "skipped", reason=planned.reason)
            message = _message(planned.event, events.EMAIL_SKIPPED, data)
            return "skipped", [message], {"reason": planned.reason}
        sent = self._sent_before(planned.event.id) or self._send_now(planned)
        data = _told(planned.event, "accepted", recipient=sent.recipient)
        message = _message(planned.event, events.EMAIL_ACCEPTED, data)
        return "accepted", [message], {"mail_id": sent.mailgun_id}

    def _sent_before(self, event_id: str) -> _Sent | None:
        with self._lock:
            return self._accepted.get(event_id)

    def _send_now(self, planned: Send) -> _Sent:
        event = planned.event
        recipient = self._address_for(planned)
        title, feedback = event.data.title, planned.feedback
        letter = self._letters.render(
            planned.kind,
            locale=None,
            title=title,
            feedback=feedback,
            unsubscribe_url=None,
        )
        mailgun_id = self._send(
            Mail(
                to=recipient,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                tag=f"status-{planned.kind}",
                event_id=event.id,
                submission_id=event.data.submission_id,
                message_id=messages.message_id_of(event.id, self._domain),
            )
        )
        self.misconfigured = None
        sent = _Sent(recipient, mailgun_id)
        with self._lock:
            self._accepted[event.id] = sent
            if len(self._accepted) > MAX_REMEMBERED:
                self._accepted.popitem(last=False)
        return sent

    def _failed(
        self, delivery: Delivery, error: MeloTechError
    ) -> tuple[str, list[Message], dict[str, object]]:
        if isinstance(error, Misconfigured):
            self.misconfigured = str(error)
        decision, headers = settlement.after(error, settlement.count(delivery.headers))
        original = Message(
            body=delivery.body, message_id=delivery.message_id, routing_key=""
        )
        facts: dict[str, object] = {"reason": decision.reason}
        if isinstance(decision, DeadLetter):
            dead = original.to_queue(MAILER_DEAD_LETTERS, headers)
            return "dead-lettered", [dead, *_failure(delivery, decision.reason)], facts
        facts["retry_in_s"] = decision.wait.delay.total_seconds()
        return "retried", [original.to_queue(decision.wait.queue, headers)], facts

    def _publish(self, message: Message) -> bool:
        # At least once also while stopping: the mail is out, its delivery must not be.
        while True:
            try:
                self._bus.publish(message, timeout=CONFIRM_DEADLINE)
            except NotPublished as error:
                log.warning(
                    "publish.delayed", event_id=message.message_id, reason=str(error)
                )
                if self._stopping.wait(PUBLISH_PAUSE):
                    return False
            else:
                return True


def _failure(delivery: Delivery, reason: str) -> list[Message]:
    try:
        event = events.decode(delivery.body)
    except MeloTechError:
        return []
    if not isinstance(event, ChangeEvent):
        return []
    data = _told(event, "failed", reason=reason, severity="permanent")
    return [_message(event, events.EMAIL_FAILED, data)]


def _told(
    event: ChangeEvent,
    outcome: str,
    *,
    recipient: str | None = None,
    reason: str | None = None,
    severity: Severity | msgspec.UnsetType = msgspec.UNSET,
) -> EmailData:
    return EmailData(
        submission_id=event.data.submission_id,
        outcome=outcome,
        recipient=events.mask(recipient) if recipient else None,
        reason=reason,
        status=events.text_of(event.data.record or {}, "status"),
        cause=event.id,
        severity=severity,
    )


def _message(event: ChangeEvent, kind: str, data: EmailData) -> Message:
    return Message.of(
        EmailEvent(
            # The same at every attempt: told twice, it is shown once.
            id=events.derived_id(event.id, kind),
            source=SOURCE,
            type=kind,
            subject=event.subject,
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            data=data,
            traceparent=event.traceparent,
        )
    )
