"""`POST /webhook/mailgun`: a decision becomes an answer that Mailgun understands."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from flask import Blueprint, Response, request

from ingest_service import bodies, problems
from ingest_service.mailgun import intake
from ingest_service.mailgun.intake import Accepted, Decision, Ignored, Refused, Rules
from ingest_service.mailgun.signature import Stamp
from ingest_service.mailgun.tokens import Claim, Tokens
from shared import logs
from shared.amqp.message import Message
from shared.errors import NotPublished

log = logs.get(__name__)

Publish = Callable[[Message], None]


def webhook(
    publish: Publish, tokens: Tokens, rules: Rules, *, max_body_bytes: int
) -> Blueprint:
    """Return the endpoint; `publish` returns once the event is safe.

    It raises NotPublished where it is not.
    """
    page = Blueprint("mailgun", __name__, url_prefix="/webhook")

    @page.post("/mailgun", strict_slashes=False)
    def take() -> Response:
        body = bodies.read(request, max_bytes=max_body_bytes)
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = time.time()
        decision = intake.decide(body, headers, rules, now=now)
        answer, outcome = _carry_out(decision, publish, tokens, now)
        _log(decision, outcome, answer)
        return answer

    return page


def _carry_out(
    decision: Decision, publish: Publish, tokens: Tokens, now: float
) -> tuple[Response, str]:
    if decision.stamp is None:
        return _answer(decision)
    try:
        claim = tokens.claim(decision.stamp, now=now)
    except sqlite3.Error as error:
        # What is not known to be unused is not taken; Mailgun comes again.
        log.error("tokens.unusable", reason=str(error))
        detail = "cannot tell whether this token has been used"
        return problems.broker_away(detail), "tokens-unusable"
    if claim is Claim.USED:
        detail = "this token has been used"
        return problems.problem(HTTPStatus.NOT_ACCEPTABLE, detail), "replayed"
    if claim is Claim.BUSY:
        return problems.broker_away("the same webhook is under way"), "busy"
    try:
        if isinstance(decision, Accepted):
            publish(Message.of(decision.event))
    except NotPublished as error:
        _settle(tokens.release, decision.stamp)
        return problems.broker_away(str(error)), type(error).__name__
    except BaseException:
        _settle(tokens.release, decision.stamp)
        raise
    _settle(tokens.use, decision.stamp)
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
        headers = {"Retry-After": problems.RETRY_AFTER} if later else None
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
    return Response(
        msgspec.json.encode(body), content_type="application/json; charset=utf-8"
    )


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
    write("mailgun.taken", outcome=outcome, status=answer.status_code, **facts)
