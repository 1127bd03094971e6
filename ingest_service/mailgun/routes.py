"""`POST /webhook/mailgun`: a decision becomes an answer that Mailgun understands."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, request

from ingest_service import answers, bodies, problems, traced
from ingest_service.forwarding import Forwarder, Keeper
from ingest_service.headers import Headers
from ingest_service.mailgun import intake
from ingest_service.mailgun.intake import Accepted, Decision, Ignored, Refused, Rules
from ingest_service.mailgun.signature import Stamp
from ingest_service.mailgun.tokens import Claim, Tokens
from ingest_service.metrics import outcomes
from ingest_service.refusals import Refusals
from ingest_service.spool.errors import NotSpooled
from shared import logs

log = logs.get(__name__)

#: Real ones have a few kilobytes. They are parsed before anybody knows whose they are,
#: and nested ones are slow to look through: so much takes some 50 ms at most.
MAX_BODY_BYTES = 262_144


def webhook(
    forwarder: Forwarder,
    tokens: Tokens,
    rules: Rules,
    refusals: Refusals,
    *,
    max_body_bytes: int,
) -> Blueprint:
    """Return the endpoint."""
    max_bytes = min(max_body_bytes, MAX_BODY_BYTES)
    page = Blueprint("mailgun", __name__, url_prefix="/webhook")

    @page.post("/mailgun", strict_slashes=False)
    def take() -> Response:
        headers = Headers(request.environ)
        body = bodies.read(request.environ, max_bytes=max_bytes)
        now = time.time()
        decision = intake.decide(body, headers, rules, now=now)
        if decision.stamp is None:
            wait = refusals.wait(
                peer=request.environ.get("REMOTE_ADDR"),
                forwarded_for=headers.get("x-forwarded-for", ""),
                now=time.monotonic(),
            )
            if wait is not None:
                return _too_many(wait)
            answer, outcome = _answer(decision)
            if answer.status_code == HTTPStatus.NOT_ACCEPTABLE:
                outcomes.note(request.environ, "unauthorized")
        else:
            answer, outcome = _carry_out(
                decision, decision.stamp, forwarder, tokens, now
            )
        _log(decision, outcome, answer)
        return answer

    return page


def _too_many(seconds: int) -> Response:
    detail = "too many requests without a signature that holds"
    headers = {"Retry-After": str(seconds)}
    return problems.problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers)


def _carry_out(
    decision: Decision, stamp: Stamp, forwarder: Forwarder, tokens: Tokens, now: float
) -> tuple[Response, str]:
    try:
        claim = tokens.claim(stamp, now=now)
    except sqlite3.Error as error:
        # What is not known to be unused is not taken; Mailgun comes again.
        log.error("tokens.unusable", reason=str(error))
        detail = "cannot tell whether this token has been used"
        return problems.unavailable(detail), "tokens-unusable"
    if claim is Claim.USED:
        outcomes.note(request.environ, "replayed")
        detail = "this token has been used"
        return problems.problem(HTTPStatus.NOT_ACCEPTABLE, detail), "replayed"
    if claim is Claim.BUSY:
        return problems.unavailable("the same webhook is under way"), "busy"
    try:
        if isinstance(decision, Accepted):
            keeper = forwarder.publish(
                decision.event, within=traced.trusted(request.environ)
            )
            in_spool = keeper is Keeper.SPOOL
            outcomes.note(request.environ, "spooled" if in_spool else "published")
    except NotSpooled as error:
        _settle(tokens.release, stamp)
        return problems.unavailable(answers.NOBODY_TAKES), type(error).__name__
    except BaseException:
        _settle(tokens.release, stamp)
        raise
    _settle(tokens.use, stamp)
    return _answer(decision)


def _settle(how: Callable[[Stamp], None], stamp: Stamp) -> None:
    try:
        how(stamp)
    except sqlite3.Error as error:
        # What was decided stands; the claim runs out by itself.
        log.error("tokens.unusable", reason=str(error))


def _answer(decision: Decision) -> tuple[Response, str]:
    if isinstance(decision, Refused):
        later = decision.status == HTTPStatus.SERVICE_UNAVAILABLE
        headers = {"Retry-After": answers.RETRY_AFTER} if later else None
        answer = problems.problem(
            decision.status, decision.detail, path=decision.path, headers=headers
        )
        return answer, "refused"
    if isinstance(decision, Ignored):
        return _done({"status": "ignored", "reason": decision.reason}), "ignored"
    told = {
        "status": "accepted",
        "event_id": decision.event.id,
        "submission_id": decision.event.subject,
        "outcome": decision.event.data.outcome,
    }
    return _done(told), "accepted"


def _done(body: dict[str, str]) -> Response:
    # 200 and no other 2xx: Mailgun would send it again.
    return problems.response(answers.of(HTTPStatus.OK, body))


def _log(decision: Decision, outcome: str, answer: Response) -> None:
    facts: dict[str, object] = {}
    if isinstance(decision, Accepted):
        facts = {
            "event_id": decision.event.id,
            "type": decision.event.type,
            "submission_id": decision.event.subject,
            "cause": decision.event.data.cause,
        }
    elif isinstance(decision, Refused):
        # A reason may quote the body where it speaks of a place in it.
        detail = None if decision.path else decision.detail
        facts = {"path": decision.path, "detail": detail}
    write = log.warning if answer.status_code >= HTTPStatus.BAD_REQUEST else log.info
    write(
        "mailgun.taken",
        outcome=outcome,
        status=answer.status_code,
        request_id=problems.request_id(),
        **traced.span_of(request.environ).facts,
        **facts,
    )
