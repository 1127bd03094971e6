"""Errors as Flask answers them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import HTTPException

from ingest_service import answers
from ingest_service.answers import Answer
from shared import logs

log = logs.get(__name__)


def request_id() -> str:
    """Return the id of the request that is being answered."""
    return answers.request_id_of(request.environ)


def response(answer: Answer) -> Response:
    """Return the answer as Flask's own."""
    return Response(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    path: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer for a request that failed; `path` is where in the body."""
    return response(
        answers.problem(
            status, detail, request_id=request_id(), path=path, headers=headers
        )
    )


def unavailable(detail: str) -> Response:
    """Return 503: nothing was promised, the sender may try again."""
    return response(answers.unavailable(detail, request_id=request_id()))


def of_error(error: Exception, request_id: str) -> Answer:
    """Return what is answered after an error, and log it."""
    if not isinstance(error, HTTPException):
        log.error("request.failed", request_id=request_id, exc_info=error)
        return answers.problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "an error on our side; nothing was accepted",
            request_id=request_id,
            headers={"Retry-After": answers.RETRY_AFTER},
        )
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    log.info("request.refused", status=status.value, request_id=request_id)
    told = dict(error.get_headers())
    names = [name for name in told if name in {"Allow", "Retry-After"}]
    kept = {name: told[name] for name in names}
    detail = error.description or error.name
    return answers.problem(status, detail, request_id=request_id, headers=kept)
