"""Errors as RFC 9457 problem+json."""

from __future__ import annotations

import os
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from flask import Response, request

CONTENT_TYPE = "application/problem+json; charset=utf-8"

_REQUEST_ID = "melotech.request_id"

#: Seconds after which a sender may well try again when nobody could take its event.
RETRY_AFTER = "1"


def encoded(
    status: HTTPStatus,
    detail: str,
    *,
    request_id: str | None,
    path: str | None = None,
) -> bytes:
    """Return the body of a problem; `path` is where in the request's body."""
    members: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "request_id": request_id,
    }
    if path is not None:
        members["path"] = path
    return msgspec.json.encode(members)


def request_id() -> str:
    """Return the id of the request that is being answered."""
    environ = request.environ
    if _REQUEST_ID not in environ:
        environ[_REQUEST_ID] = os.urandom(16).hex()
    found: str = environ[_REQUEST_ID]
    return found


def problem(
    status: HTTPStatus | int,
    detail: str,
    *,
    path: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer for a request that failed; `path` is where in the body."""
    code = HTTPStatus(status)
    return Response(
        encoded(code, detail, request_id=request_id(), path=path),
        status=code,
        headers=dict(headers or {}),
        content_type=CONTENT_TYPE,
    )


def unavailable(detail: str) -> Response:
    """Return 503: nothing was promised, the sender may try again."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_AFTER}
    )
