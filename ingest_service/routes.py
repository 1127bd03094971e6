"""The endpoints: a decision becomes an answer, 202 only when the event is safe."""

from __future__ import annotations

import time
import uuid
from functools import partial
from http import HTTPStatus
from typing import Protocol

import msgspec
from flask import Blueprint, Response, request

from ingest_service import bodies, intake, problems
from ingest_service.intake import Accepted, Decision, Endpoint, Ignored, Refused, Rules
from ingest_service.refusals import Refusals
from shared import logs
from shared.amqp.message import Message
from shared.errors import NotPublished
from shared.version import __version__

log = logs.get(__name__)


class Bus(Protocol):
    """What is asked of a publisher: publish and know, and whether it could."""

    @property
    def ready(self) -> bool: ...

    def publish(self, message: Message, *, timeout: float) -> None: ...


def webhooks(
    bus: Bus,
    rules: Rules,
    refusals: Refusals,
    *,
    confirm_deadline: float,
    max_body_bytes: int,
) -> Blueprint:
    """Return the webhook endpoints; `confirm_deadline` is in seconds."""
    pages = Blueprint("webhooks", __name__, url_prefix="/webhook")

    def take(endpoint: Endpoint) -> Response:
        started = time.perf_counter()
        headers = {name.lower(): value for name, value in request.headers.items()}
        wanted = intake.needs_body(headers, rules)
        body = bodies.read(request, max_bytes=max_body_bytes) if wanted else b""
        facts = intake.Request(endpoint=endpoint, body=body, headers=headers)
        new_id = f"evt_{uuid.uuid4().hex}"
        decision = intake.decide(facts, rules, now=time.time(), new_id=new_id)
        decision = refusals.count(
            decision,
            peer=request.remote_addr,
            forwarded_for=headers.get("x-forwarded-for", ""),
            now=time.monotonic(),
        )
        answer, outcome = _carry_out(decision, bus, confirm_deadline)
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


def health(bus: Bus) -> Blueprint:
    """Return `/health`, for people, and `/ready`, for load balancers."""
    pages = Blueprint("health", __name__)

    @pages.get("/health")
    def show_health() -> Response:
        body = {
            "status": "healthy" if bus.ready else "unhealthy",
            "service": "ingest_service",
            "version": __version__,
            "features": ["webhooks", "hmac", "standard-webhooks", "publisher-confirms"],
            "broker": {"connected": bus.ready},
        }
        status = HTTPStatus.OK if bus.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(status, body)

    @pages.get("/ready")
    def show_ready() -> Response:
        if bus.ready:
            return _json(HTTPStatus.OK, {"status": "ready"})
        return problems.broker_away("not connected to the broker")

    return pages


def _carry_out(
    decision: Decision, bus: Bus, confirm_deadline: float
) -> tuple[Response, str]:
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
        bus.publish(Message.of(event), timeout=confirm_deadline)
    except NotPublished as error:
        return problems.broker_away(str(error)), type(error).__name__
    accepted: dict[str, object] = {
        "status": "accepted",
        "event_id": event.id,
        "submission_id": event.data.submission_id,
        "updated_fields": event.data.updated_fields,
    }
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
        **facts,
    )


def _json(status: HTTPStatus, body: object) -> Response:
    return Response(
        msgspec.json.encode(body),
        status=status,
        content_type="application/json; charset=utf-8",
    )
