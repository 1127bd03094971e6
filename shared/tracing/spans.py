"""What the services see of traces: a tracer, its spans, and the same when it is off.

A span's parent is always named, never looked for: greenlets, threads and the event loop
each have another idea of what is current.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol, TypeVar

import msgspec

from shared.events import ChangeEvent, EmailEvent, Event
from shared.topology import EXCHANGE

Attributes = Mapping[str, str | int]
#: Another service's `traceparent`, where there is one.
Traceparent = str | msgspec.UnsetType
E = TypeVar("E", bound=ChangeEvent | EmailEvent)


class Kind(Enum):
    """On which side of a call a span is (OpenTelemetry's SpanKind)."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Span(Protocol):
    """A piece of work that is timed; `end` it once."""

    @property
    def traceparent(self) -> Traceparent:
        """Return what makes others its children (W3C Trace Context)."""
        ...

    @property
    def facts(self) -> Mapping[str, str]:
        """Return what a log line says of it: its `trace_id`."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Add what has become known; never an address, a body or a secret."""
        ...

    def fail(self, reason: str) -> None:
        """Mark it as failed; `reason` is one of a few words of ours."""
        ...

    def end(self) -> None:
        """End it now."""
        ...


class Tracer(Protocol):
    """Make spans, from any thread or greenlet."""

    @property
    def is_on(self) -> bool:
        """Tell whether anybody gets the spans."""
        ...

    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: Span | Traceparent,
        attributes: Attributes,
        since: int | None = None,
    ) -> Span:
        """Begin a span, or have it begun at `since` (nanoseconds since 1970).

        Without a usable parent it begins a trace.
        """
        ...

    def close(self) -> None:
        """Send what waits to be sent, within seconds."""
        ...


class _NoSpan:
    """What a span is while traces are off."""

    traceparent: Final = msgspec.UNSET
    facts: Final[Mapping[str, str]] = {}

    def note(self, attributes: Attributes) -> None:
        return

    def fail(self, reason: str) -> None:
        return

    def end(self) -> None:
        return


NO_SPAN: Final[Span] = _NoSpan()


class _NoTracer:
    """What a tracer is while traces are off."""

    is_on: Final = False

    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: Span | Traceparent,
        attributes: Attributes,
        since: int | None = None,
    ) -> Span:
        return NO_SPAN

    def close(self) -> None:
        return


NO_TRACER: Final[Tracer] = _NoTracer()


def carried(event: E, trace: Traceparent) -> E:
    """Return the event as one that `trace` has caused; as it was where it is unset."""
    if trace is msgspec.UNSET:
        return event
    return msgspec.structs.replace(event, traceparent=trace)


def publishing(tracer: Tracer, event: E, parent: Span | Traceparent) -> tuple[E, Span]:
    """Begin the span of a publish; return the event that goes out, and the span."""
    if not tracer.is_on:
        return event, NO_SPAN
    span = tracer.span(
        f"publish {EXCHANGE}",
        Kind.PRODUCER,
        parent=parent,
        attributes={
            "messaging.operation.name": "publish",
            "messaging.operation.type": "send",
            "messaging.rabbitmq.destination.routing_key": event.type,
            **of_event(event, EXCHANGE),
        },
    )
    return carried(event, span.traceparent), span


def of_event(event: Event, destination: str) -> dict[str, str | int]:
    """Return what spans say of an event at an exchange, a stream or a queue."""
    return {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": destination,
        "messaging.message.id": event.id,
        "melotech.event_type": event.type,
        "melotech.submission_id": event.subject,
    }
