"""The endpoints: a decision becomes an answer, 202 only when the event is safe."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, request

from ingest_service import answers, bodies, intake, problems, traced
from ingest_service.answers import Answer
from ingest_service.express import Environ, Take
from ingest_service.forwarding import Forwarder, Keeper
from ingest_service.headers import Headers
from ingest_service.intake import Accepted, Decision, Endpoint, Ignored, Refused, Rules
from ingest_service.metrics import outcomes
from ingest_service.refusals import Refusals
from ingest_service.spool.errors import NotSpooled
from shared import logs
from shared.tracing.spans import Span

log = logs.get(__name__)


def takes(
    forwarder: Forwarder, rules: Rules, refusals: Refusals, *, max_body_bytes: int
) -> dict[str, Take]:
    """Return what answers a POST to each of the webhooks' addresses.

    They raise HTTPException for a body that does not come as it should.
    """

    def take(endpoint: Endpoint, environ: Environ) -> Answer:
        started = time.perf_counter()
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
        request_id = answers.request_id_of(environ)
        refused = isinstance(decision, Refused)
        span = traced.span_of(environ) if refused else traced.trusted(environ)
        answer, outcome = _carry_out(decision, forwarder, request_id, span)
        if outcome == "spooled":
            outcomes.note(environ, "spooled")
        if answer.status is not HTTPStatus.TOO_MANY_REQUESTS:
            # Whoever sends those decides how many lines there would be.
            seconds = time.perf_counter() - started
            told = {"request_id": request_id, **span.facts}
            _log(endpoint, decision, outcome, answer, seconds, told)
        return answer

    return {
        f"/webhook/{endpoint.value}": partial(take, endpoint) for endpoint in Endpoint
    }


def webhooks(takes: Mapping[str, Take]) -> Blueprint:
    """Return the same as Flask's pages."""
    pages = Blueprint("webhooks", __name__)

    def view(take: Take) -> Response:
        return problems.response(take(request.environ))

    for path, take in takes.items():
        pages.add_url_rule(
            path,
            endpoint=path.rpartition("/")[2],
            view_func=partial(view, take),
            methods=["POST"],
            strict_slashes=False,
        )
    return pages


def _carry_out(
    decision: Decision, forwarder: Forwarder, request_id: str, span: Span
) -> tuple[Answer, str]:
    if isinstance(decision, Refused):
        wait = decision.retry_after
        answer = answers.problem(
            decision.status,
            decision.detail,
            request_id=request_id,
            path=decision.path,
            headers=None if wait is None else {"Retry-After": str(wait)},
        )
        return answer, "refused"
    if isinstance(decision, Ignored):
        told = {"status": "ignored", "reason": decision.reason}
        return answers.of(HTTPStatus.OK, told), "ignored"
    event = decision.event
    try:
        keeper = forwarder.publish(event, within=span)
    except NotSpooled as error:
        answer = answers.unavailable(answers.NOBODY_TAKES, request_id=request_id)
        return answer, type(error).__name__
    accepted: dict[str, object] = {
        "status": "accepted",
        "event_id": event.id,
        "submission_id": event.data.submission_id,
        "updated_fields": event.data.updated_fields,
    }
    if keeper is Keeper.SPOOL:
        accepted["queued"] = keeper.value
        return answers.of(HTTPStatus.ACCEPTED, accepted), "spooled"
    return answers.of(HTTPStatus.ACCEPTED, accepted), "accepted"


def _log(
    endpoint: Endpoint,
    decision: Decision,
    outcome: str,
    answer: Answer,
    seconds: float,
    told: Mapping[str, str],
) -> None:
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
    write = log.warning if answer.status >= HTTPStatus.BAD_REQUEST else log.info
    write(
        "webhook.taken",
        endpoint=endpoint.value,
        outcome=outcome,
        status=answer.status.value,
        duration_ms=round(seconds * 1000, 2),
        **told,
        **facts,
    )
