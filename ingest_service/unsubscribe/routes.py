"""`/unsubscribe/{token}`: GET asks, POST does it, and nothing is done by looking.

Scanners of mails follow every link, so a GET changes nothing. Mail clients POST
`List-Unsubscribe=One-Click`, without a login or a cookie; the page's own button does
the same. Source: RFC 8058.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, Response, request

from ingest_service import bodies, problems, traced
from ingest_service.answers import NOBODY_TAKES, RETRY_AFTER, Answer
from ingest_service.forwarding import Forwarder, Keeper
from ingest_service.metrics import outcomes
from ingest_service.refusals import Refusals
from ingest_service.spool.errors import NotSpooled
from ingest_service.unsubscribe import answers
from ingest_service.unsubscribe.answers import Asked
from shared import events, logs, unsubscribe
from shared.errors import Malformed
from shared.events import EmailData, EmailEvent
from shared.unsubscribe import Subscription

log = logs.get(__name__)

SOURCE = "/melotech/ingest/unsubscribe"
#: Mail clients send 26 bytes, which say nothing that the address does not.
MAX_BODY_BYTES = 4_096


def pages(forwarder: Forwarder, keys: Sequence[bytes], refusals: Refusals) -> Blueprint:
    """Return the endpoint."""
    blueprint = Blueprint("unsubscribe", __name__)

    @blueprint.get(f"{unsubscribe.PATH}<token>")
    def show(token: str) -> Response:
        found = _read(token, keys, refusals)
        if isinstance(found, Answer):
            return problems.response(found)
        outcomes.note(request.environ, "shown")
        return problems.response(answers.ask(_asked(), address=found.masked))

    @blueprint.post(f"{unsubscribe.PATH}<token>")
    def take(token: str) -> Response:
        found = _read(token, keys, refusals)
        if isinstance(found, Answer):
            return problems.response(found)
        bodies.read(request.environ, max_bytes=MAX_BODY_BYTES)
        return problems.response(_carry_out(found, forwarder))

    return blueprint


def event_of(subscription: Subscription, *, now: datetime) -> EmailEvent:
    """Return what the bus is told; its id is the same however often it is asked for."""
    return EmailEvent(
        id=events.derived_id(subscription.event_id, "unsubscribe"),
        source=SOURCE,
        type=events.EMAIL_UNSUBSCRIBED,
        subject=subscription.submission_id,
        time=now.isoformat(timespec="milliseconds"),
        data=EmailData(
            submission_id=subscription.submission_id,
            outcome="unsubscribed",
            recipient=subscription.masked,
            cause=subscription.event_id,
            suppression="unsubscribed",
            recipient_key=subscription.recipient_key,
        ),
    )


def _read(
    token: str, keys: Sequence[bytes], refusals: Refusals
) -> Subscription | Answer:
    try:
        return unsubscribe.read(token, keys)
    except Malformed as error:
        reason = error.reason
    wait = refusals.wait(
        peer=request.environ.get("REMOTE_ADDR"),
        forwarded_for=request.headers.get("X-Forwarded-For", ""),
        now=time.monotonic(),
    )
    if wait is not None:
        # Whoever sends those decides how many lines there would be.
        detail = "too many links that are none of ours"
        return _failed(HTTPStatus.TOO_MANY_REQUESTS, detail, retry_after=wait)
    outcomes.note(request.environ, "unauthorized")
    log.warning("unsubscribe.refused", reason=reason, request_id=problems.request_id())
    return _failed(HTTPStatus.NOT_FOUND, reason)


def _carry_out(subscription: Subscription, forwarder: Forwarder) -> Answer:
    event = event_of(subscription, now=datetime.now(UTC))
    span = traced.trusted(request.environ)
    facts = {
        "event_id": event.id,
        "submission_id": event.subject,
        "cause": subscription.event_id,
        "request_id": problems.request_id(),
        **span.facts,
    }
    try:
        keeper = forwarder.publish(event, within=span)
    except NotSpooled as error:
        log.warning("unsubscribe.taken", outcome=type(error).__name__, **facts)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return _failed(status, NOBODY_TAKES, retry_after=RETRY_AFTER)
    in_spool = keeper is Keeper.SPOOL
    outcomes.note(request.environ, "spooled" if in_spool else "published")
    log.info("unsubscribe.taken", outcome=keeper.value, **facts)
    return answers.done(_asked(), address=subscription.masked)


def _asked() -> Asked:
    return answers.asked(request.accept_mimetypes, request.accept_languages)


def _failed(
    status: HTTPStatus, detail: str, *, retry_after: int | str | None = None
) -> Answer:
    return answers.failed(
        status,
        _asked(),
        detail,
        request_id=problems.request_id(),
        retry_after=retry_after,
    )
