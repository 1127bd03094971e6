"""Where an accepted message goes: to the broker, or to the spool until it can.

Once the spool holds something, new messages line up behind it, so that none overtakes
an older one. Whichever takes the message, it is safe before the sender is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from ingest_service.spool.glance import SpoolState
from shared import logs
from shared.amqp.message import Message
from shared.errors import BrokerUnavailable, NotPublished
from shared.events import ChangeEvent, EmailEvent
from shared.tracing.spans import NO_TRACER, Span, Tracer, publishing

log = logs.get(__name__)

#: A slow disk is waited for, also beyond what the sender waits, in seconds: most never
#: send again, and what is on the disk in the end is not lost.
SPOOL_DEADLINE = 5.0


class Keeper(Enum):
    """Who has a message safe."""

    BROKER = "broker"
    SPOOL = "spool"


class Publishes(Protocol):
    """What is asked of a publisher."""

    @property
    def ready(self) -> bool: ...

    def publish(self, message: Message, *, timeout: float) -> None: ...


class Spools(Protocol):
    """What is asked of the spool."""

    def is_empty(self) -> bool: ...

    def add(self, message: Message, *, timeout: float) -> None: ...

    def state(self) -> SpoolState: ...


class Forwarder:
    """Take messages in; `confirm_deadline` is in seconds.

    `on_confirmed` is told how many seconds each confirm took.
    """

    def __init__(
        self,
        publisher: Publishes,
        spool: Spools,
        *,
        confirm_deadline: float,
        on_confirmed: Callable[[float], None],
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._publisher = publisher
        self._spool = spool
        self._confirm_deadline = confirm_deadline
        self._on_confirmed = on_confirmed
        self._tracer = tracer

    @property
    def broker_ready(self) -> bool:
        """Tell whether the broker would take a message at once."""
        return self._publisher.ready

    def spool_state(self) -> SpoolState:
        """Return how full the spool is, and what is wrong with it."""
        return self._spool.state()

    def publish(self, event: ChangeEvent | EmailEvent, *, within: Span) -> Keeper:
        """Forward the event, and have its readers continue the trace of `within`.

        Raises NotSpooled.
        """
        told, span = publishing(self._tracer, event, within)
        try:
            keeper = self.forward(Message.of(told))
        except BaseException as error:
            span.fail(type(error).__name__)
            raise
        else:
            span.note({"melotech.keeper": keeper.value})
            return keeper
        finally:
            span.end()

    def forward(self, message: Message) -> Keeper:
        """Return who has the message safe; raise NotSpooled.

        After an error it may still be in the broker (its confirm was lost): the
        sender's next attempt carries the same id, and readers drop the second.
        """
        if self._spool.is_empty():
            try:
                self._publish(message)
            except NotPublished as error:
                reason = type(error).__name__
                log.info("message.spooled", event_id=message.message_id, reason=reason)
            else:
                return Keeper.BROKER
        self._spool.add(message, timeout=SPOOL_DEADLINE)
        return Keeper.SPOOL

    def _publish(self, message: Message) -> None:
        if not self._publisher.ready:
            raise BrokerUnavailable("the broker takes no publishes for now")
        started = time.perf_counter()
        self._publisher.publish(message, timeout=self._confirm_deadline)
        self._on_confirmed(time.perf_counter() - started)
