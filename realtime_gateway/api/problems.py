"""Errors as RFC 9457 problem+json."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from realtime_gateway.api.requests import request_id_of
from shared import logs
from shared.errors import MeloTechError

log = logs.get(__name__)

#: Seconds after which what was away may well be back.
RETRY_AFTER = "2"


@dataclass
class Problem(MeloTechError):
    """The request ends here; `parameter` names what in its query is at fault."""

    status: HTTPStatus
    detail: str
    parameter: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail


def at_fault(parameter: str, reason: str) -> Problem:
    """Return the problem of a parameter that cannot be used."""
    return Problem(
        HTTPStatus.BAD_REQUEST, f"{parameter[:50]}: {reason}", parameter[:50]
    )


def unavailable(detail: str) -> Problem:
    """Return the problem of something that is away for a moment."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_AFTER}
    )


def too_many(detail: str) -> Problem:
    """Return the problem of somebody who asks too much."""
    status, headers = HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"}
    return Problem(status, detail, headers=headers)


def problem(
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
    parameter: str | None = None,
    *,
    request_id: str | None = None,
) -> web.Response:
    """Return an error as problem+json."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if parameter is not None:
        body["parameter"] = parameter
    if request_id is not None:
        body["request_id"] = request_id
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


def errors_as_problems() -> Middleware:
    """Return a middleware that answers every error as problem+json."""

    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as error:
            return problem(
                error.status,
                error.detail,
                error.headers,
                error.parameter,
                request_id=request_id_of(request),
            )
        except web.HTTPException as error:
            return problem_of(error, request_id=request_id_of(request))
        except Exception:
            name = request_id_of(request)
            # Without its path, which may carry anything.
            log.exception("request.failed", request_id=name)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return problem(status, "an error on our side", request_id=name)

    @web.middleware
    def choose(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        # A socket stays for hours, and no frame of ours is to stay with it.
        return handler(request) if is_socket(request) else answer(request, handler)

    return choose


def problem_of(error: web.HTTPException, *, request_id: str) -> web.Response:
    """Return an error of aiohttp's as problem+json."""
    allow = error.headers.get(hdrs.ALLOW)
    headers = {"Allow": allow} if allow else None
    status = HTTPStatus(error.status)
    return problem(status, error.reason, headers, request_id=request_id)


def is_socket(request: web.Request) -> bool:
    """Tell whether the request asks for a WebSocket, and answers for itself."""
    path = request.rel_url.raw_path
    return request.method == hdrs.METH_GET and path.startswith("/ws/")
