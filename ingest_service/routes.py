"""The endpoints: a decision becomes an answer, 202 only when the event is safe."""

from __future__ import annotations

import os
import time
from functools import partial
from http import HTTPStatus
from typing import Protocol

import msgspec
from flask import Blueprint, Response, request

from ingest_service import bodies, intake, problems
from ingest_service.forwarding import Keeper
from ingest_service.headers import Headers
from ingest_service.intake import Accepted, Decision, Endpoint, Ignored, Refused, Rules
from ingest_service.refusals import Refusals
from ingest_service.spool.errors import NotSpooled
from shared import logs
from shared.amqp.message import Message

log = logs.get(__name__)


class Forwards(Protocol):
    """What is asked of the forwarder."""

    def forward(self, message: Message) -> Keeper: ...


def webhooks(
    forwarder: Forwards, rules: Rules, refusals: Refusals, *, max_body_bytes: int
) -> Blueprint:
    """Return the webhook endpoints."""
    pages = Blueprint("webhooks", __name__, url_prefix="/webhook")

    def take(endpoint: Endpoint) -> Response:
        started = time.perf_counter()
        environ = request.environ
        headers = Headers(environ)
        wanted = intake.needs_body(headers, rules)
        body = bodies.read(environ, max_bytes=max_body_bytes) if wanted else b""
        facts = intake.Request(endpoint=endpoint, body=body, headers=headers)
        new_id = f"evt_{os.urandom(16).hex()}"
        decision = intake.decide(facts, rules, now=time.time(), new_id=new_id)
        decision = refusals.count(
            decision,
            peer=environ.get("REMOTE_ADDR"),
            forwarded_for=headers.get("x-forwarded-for", ""),
            now=time.monotonic(),
        )
        answer, outcome = _carry_out(decision, forwarder)
        _log(endpoint, decision, outcome, answer, time.perf_counter() - started)
        return answer

    for endpoint in Endpoint:
        pages.add_url_rule(
            f"/{endpoint.value}",
            endpoint=endpoint.value,
            view_func=partial(take, endpoint),
            methods=["POST"],
            strict_slashes=False,
        )
    return pages


def _carry_out(decision: Decision, forwarder: Forwards) -> tuple[Response, str]:
    if isinstance(decision, Refused):
        wait = decision.retry_after
        answer = problems.problem(
            decision.status,
            decision.detail,
            path=decision.path,
            headers={} if wait is None else {"Retry-After": str(wait)},
        )
        return answer, "refused"
    if isinstance(decision, Ignored):
        body = {"status": "ignored", "reason": decision.reason}
        return _json(HTTPStatus.OK, body), "ignored"
    event = decision.event
    try:
        keeper = forwarder.forward(Message.of(event))
    except NotSpooled as error:
        detail = "neither the broker nor the spool takes events now"
        return problems.unavailable(detail), type(error).__name__
    accepted: dict[str, object] = {
        "status": "accepted",
        "event_id": event.id,
        "submission_id": event.data.submission_id,
        "updated_fields": event.data.updated_fields,
    }
    if keeper is Keeper.SPOOL:
        accepted["queued"] = keeper.value
        return _json(HTTPStatus.ACCEPTED, accepted), "spooled"
    return _json(HTTPStatus.ACCEPTED, accepted), "accepted"


def _log(
    endpoint: Endpoint,
    decision: Decision,
    outcome: str,
    answer: Response,
    seconds: float,
) -> None:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return  # whoever sends these decides how many lines there would be
    facts: dict[str, object] = {}
    if isinstance(decision, Accepted):
        facts = {
            "event_id": decision.event.id,
            "type": decision.event.type,
            "submission_id": decision.event.subject,
        }
    elif isinstance(decision, Refused):
        # A reason may quote the body where it speaks of a place in it.
        detail = None if decision.path else decision.detail
        facts = {"path": decision.path, "detail": detail}
    write = log.warning if answer.status_code >= HTTPStatus.BAD_REQUEST else log.info
    write(
        "webhook.taken",
        endpoint=endpoint.value,
        outcome=outcome,
        status=answer.status_code,
        duration_ms=round(seconds * 1000, 2),
        request_id=problems.request_id(),
        **facts,
    )


def _json(status: HTTPStatus, body: object) -> Response:
    return Response(
        msgspec.json.encode(body),
        status=status,
        content_type="application/json; charset=utf-8",
    )
