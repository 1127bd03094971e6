"""What Mailgun tells later of the mails, and who wants no more, goes into the ledger.

The queue has the mailer's own events too: those it knows already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailer_worker.lanes import Lanes
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.telling import SOURCE
from mailer_worker.traced import processing
from shared import events, logs
from shared.amqp.message import Delivery
from shared.errors import LedgerUnavailable, Malformed, Permanent
from shared.events import EmailEvent
from shared.topology import MAILER_OUTCOMES
from shared.tracing.spans import NO_TRACER, Tracer

log = logs.get(__name__)

#: Between attempts while the ledger cannot be written, in seconds.
PAUSE = 2.0


class Outcomes:
    """Note deliveries and `ack` them; left to the broker once `stopping` is set."""

    def __init__(
        self,
        ledger: Ledger,
        lanes: Lanes,
        *,
        ack: Callable[[Delivery], None],
        stopping: threading.Event,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._ledger = ledger
        self._lanes = lanes
        self._ack = ack
        self._stopping = stopping
        self._tracer = tracer

    def handle(self, delivery: Delivery) -> None:
        """See to it that one is noted, in its submission's turn, and return at once."""
        event = _event_of(delivery)
        if event is None:
            self._ack(delivery)
        else:
            self._lanes.submit(event.subject, lambda: self._note(event, delivery))

    def _note(self, event: EmailEvent, delivery: Delivery) -> None:
        span = processing(self._tracer, delivery, MAILER_OUTCOMES)
        while not self._stopping.is_set():
            try:
                self._ledger.told(event)
            except LedgerUnavailable as error:
                reason = str(error)
                log.warning("outcome.delayed", event_id=event.id, reason=reason)
                self._stopping.wait(PAUSE)
            except Permanent as error:
                log.error("outcome.dropped", event_id=event.id, reason=str(error))
                break
            else:
                log.info(
                    "outcome.noted",
                    event_id=event.id,
                    cause=event.data.cause,
                    outcome=event.data.outcome,
                    **span.facts,
                )
                break
        if not self._stopping.is_set():
            self._ack(delivery)
        span.end()


def _event_of(delivery: Delivery) -> EmailEvent | None:
    try:
        event = events.decode(delivery.body)
    except Malformed as error:
        log.warning("outcome.malformed", event_id=delivery.message_id, at=error.path)
        return None
    if not isinstance(event, EmailEvent) or event.source == SOURCE:
        return None
    return event
