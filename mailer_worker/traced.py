"""The mailer's spans: a delivery from its taking to its ack, and a call to Mailgun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from mailer_worker.mail import Mail
from mailer_worker.plan import Send, Skip
from shared import events
from shared.amqp.message import Delivery
from shared.errors import Malformed, MeloTechError, Permanent, Transient
from shared.tracing.spans import (
    NO_SPAN,
    Kind,
    Span,
    Traceparent,
    Tracer,
    carried,
    of_event,
)

ROUTE = "/v3/{domain}/messages"


def processing(tracer: Tracer, delivery: Delivery, queue: str) -> Span:
    """Begin the span of a delivery, in the trace of what it brings."""
    if not tracer.is_on:
        return NO_SPAN
    try:
        event = events.decode(delivery.body)
    except Malformed:
        return NO_SPAN
    return tracer.span(
        f"process {queue}",
        Kind.CONSUMER,
        parent=event.traceparent,
        attributes={
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            **of_event(event, queue),
        },
    )


def within(planned: Send | Skip, trace: Traceparent) -> Send | Skip:
    """Return the plan with what follows from it in the trace, where there is one."""
    return replace(planned, event=carried(planned.event, trace))


def traced(
    send: Callable[[Mail], str], tracer: Tracer, *, host: str
) -> Callable[[Mail], str]:
    """Return `send` with a span for each call; as it is while traces are off."""
    if not tracer.is_on:
        return send

    def call(mail: Mail) -> str:
        span = tracer.span(
            f"POST {ROUTE}",
            Kind.CLIENT,
            parent=mail.traceparent,
            attributes={
                "http.request.method": "POST",
                "server.address": host,
                "url.template": ROUTE,
                "messaging.message.id": mail.event_id,
                "melotech.submission_id": mail.submission_id,
            },
        )
        try:
            told = send(mail)
        except MeloTechError as error:
            if isinstance(error, Transient | Permanent) and error.status is not None:
                span.note({"http.response.status_code": error.status})
            span.fail(type(error).__name__)
            raise
        else:
            span.note({"http.response.status_code": HTTPStatus.OK.value})
            return told
        finally:
            span.end()

    return call
