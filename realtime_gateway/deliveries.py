"""What is said of each event once it is with its sockets: a line, and a span."""

from __future__ import annotations

import time
from collections.abc import Callable

from realtime_gateway.told import Told
from shared import logs
from shared.topology import CHANGE_LOG_STREAM
from shared.tracing.spans import NO_SPAN, Kind, Span, Tracer, of_event

log = logs.get(__name__)


class Deliveries:
    """Tell of events, each from its delivery by the stream to its flush.

    What is read before the gateway is live is history: nobody is there, and nothing is
    told of it.
    """

    def __init__(self, tracer: Tracer, is_live: Callable[[], bool]) -> None:
        self._tracer = tracer
        self._is_live = is_live

    def __call__(self, told: Told) -> None:
        """Tell of one that has been handed to the transports of all who get it."""
        if not told.sockets and not self._is_live():
            return
        span = self._span(told) if self._tracer.is_on else NO_SPAN
        span.end()
        log.info(
            "event.told",
            event_id=told.event.id,
            type=told.event.type,
            submission_id=told.event.subject,
            sockets=told.sockets,
            duration_ms=round((time.time_ns() - told.arrived) / 1_000_000, 2),
            **span.facts,
        )

    def _span(self, told: Told) -> Span:
        return self._tracer.span(
            "deliver",
            Kind.CONSUMER,
            parent=told.event.traceparent,
            attributes={
                "messaging.operation.name": "deliver",
                "messaging.operation.type": "process",
                "melotech.sockets": told.sockets,
                **of_event(told.event, CHANGE_LOG_STREAM),
            },
            since=told.arrived,
        )
