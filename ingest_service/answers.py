"""What is answered, whoever carries it: Flask, the express lane, or the wire itself.

Errors are RFC 9457 problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from shared import request_ids

JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json; charset=utf-8"

#: Why a webhook that could be taken is answered 503.
NOBODY_TAKES = "neither the broker nor the spool takes events now"
#: Seconds after which a sender may well try again when nobody could take its event.
RETRY_AFTER = "1"

_REQUEST_ID = "melotech.request_id"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, and the headers beside its type, length and request id."""

    status: HTTPStatus
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def request_id_of(environ: dict[str, Any]) -> str:
    """Return the id of the request, the same whenever it is asked for.

    It is the sender's `X-Request-Id` where that is a UUID.
    """
    found: str | None = environ.get(_REQUEST_ID)
    if found is None:
        found = request_ids.request_id(environ.get("HTTP_X_REQUEST_ID"))
        environ[_REQUEST_ID] = found
    return found


def of(status: HTTPStatus, members: object) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, msgspec.json.encode(members))


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    request_id: str,
    path: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer for a request that failed; `path` is where in its body."""
    members: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "request_id": request_id,
    }
    if path is not None:
        members["path"] = path
    return Answer(status, msgspec.json.encode(members), PROBLEM, dict(headers or {}))


def unavailable(detail: str, *, request_id: str) -> Answer:
    """Return 503: nothing was promised, the sender may try again."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail,
        request_id=request_id,
        headers={"Retry-After": RETRY_AFTER},
    )
