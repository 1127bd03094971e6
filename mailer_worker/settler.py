"""Publish what follows from deliveries, then ack them: in batches, on its own thread.

A delivery is acked only after all that follows from it is confirmed by the broker, so
killing the worker at any moment loses nothing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared import logs
from shared.amqp.message import Delivery, Message
from shared.errors import NotPublished
from shared.tracing.spans import NO_SPAN, Span

log = logs.get(__name__)

#: For a batch, in seconds.
CONFIRM_DEADLINE = 10.0
#: Between attempts to publish while the broker is away, in seconds.
PUBLISH_PAUSE = 0.5
MAX_BATCH = 200
#: Outcomes that are no good ones: their spans say so.
FAILURES = frozenset({"retried", "held", "dead-lettered"})


class PublishesAll(Protocol):
    """What is asked of a publisher."""

    def __call__(
        self, messages: Sequence[Message], *, timeout: float
    ) -> list[NotPublished | None]: ...


@dataclass(slots=True)
class Settlement:
    """A delivery that is done with, once `messages` are on the bus."""

    delivery: Delivery
    messages: list[Message]
    outcome: str
    #: For the log line, beside it.
    facts: dict[str, object] = field(default_factory=dict)
    #: Ends with it.
    span: Span = NO_SPAN


class Settler:
    """Settle what is `put`; any thread may. Bounded by what the broker hands out.

    `on_settled` is told the outcome of each.
    """

    def __init__(
        self,
        publish_all: PublishesAll,
        ack: Callable[[Delivery], None],
        *,
        on_settled: Callable[[str], None],
    ) -> None:
        self._publish_all = publish_all
        self._ack = ack
        self._on_settled = on_settled
        self._waiting: queue.SimpleQueue[Settlement | None] = queue.SimpleQueue()
        self._hurried = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="settler", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, settlement: Settlement) -> None:
        """Settle it soon."""
        self._waiting.put(settlement)

    def close(self, *, timeout: float) -> bool:
        """Settle what was put, `timeout` seconds at most; tell whether it was done.

        What the broker does not take meanwhile it delivers again later.
        """
        self._hurried.set()
        self._waiting.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        ended = False
        while not ended:
            taken = [self._waiting.get()]
            while len(taken) < MAX_BATCH and not self._waiting.empty():
                taken.append(self._waiting.get())
            batch = [settlement for settlement in taken if settlement is not None]
            ended = len(batch) < len(taken)
            while batch := self._settle(batch):
                if self._hurried.wait(PUBLISH_PAUSE):
                    self._settle(batch)
                    break

    def _settle(self, batch: list[Settlement]) -> list[Settlement]:
        """Return what the broker did not take all of."""
        try:
            errors = self._publish_all(
                [message for each in batch for message in each.messages],
                timeout=CONFIRM_DEADLINE,
            )
        except ValueError:
            return self._settle_each(batch)
        left, place = [], 0
        for each in batch:
            mine = errors[place : place + len(each.messages)]
            place += len(each.messages)
            if any(mine):
                log.warning(
                    "publish.delayed",
                    event_id=each.delivery.message_id,
                    reason=str(next(filter(None, mine))),
                )
                left.append(each)
            else:
                self._ack(each.delivery)
                self._on_settled(each.outcome)
                log.info("delivery.settled", outcome=each.outcome, **each.facts)
                each.span.note({"melotech.outcome": each.outcome})
                if each.outcome in FAILURES:
                    each.span.fail(each.outcome)
                each.span.end()
        return left

    def _settle_each(self, batch: list[Settlement]) -> list[Settlement]:
        if len(batch) > 1:
            return [left for each in batch for left in self._settle([each])]
        # AMQP cannot carry it, ever; the broker's own limit makes a dead letter of it.
        log.error("settlement.impossible", event_id=batch[0].delivery.message_id)
        return []
