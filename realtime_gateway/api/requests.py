"""What a request is called, and the line that says what it came to."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from shared import logs, request_ids
from shared.throttle import Throttle

log = logs.get(__name__)

#: Lines about refused requests, in a second; whoever sends them decides how many come.
TOLD_PER_SECOND = 5.0

_KEY = "request_id"
#: Their requests come each second, and sockets have lines of their own.
_UNTOLD = ("/health", "/ready", "/metrics", "/ws/")


def request_id_of(request: web.Request) -> str:
    """Return the id of the request, the same whenever it is asked for.

    It is the sender's `X-Request-Id` where that is a UUID.
    """
    found: str | None = request.get(_KEY)
    if found is None:
        found = request_ids.request_id(request.headers.get(request_ids.HEADER))
        request[_KEY] = found
    return found


async def tell_request_id(request: web.Request, answer: web.StreamResponse) -> None:
    """Put the id into each answer as it begins."""
    answer.headers[request_ids.HEADER] = request_id_of(request)


def told_requests() -> Middleware:
    """Return a middleware that writes a line for each request once it is answered."""
    refused = Throttle(TOLD_PER_SECOND, now=time.monotonic())

    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        answered = await handler(request)
        # A stream tells of its beginning and its end itself.
        if isinstance(answered, web.Response) and (
            answered.status < HTTPStatus.BAD_REQUEST or refused.allow(time.monotonic())
        ):
            _tell(request, answered, time.perf_counter() - started)
        return answered

    @web.middleware
    def choose(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        untold = request.rel_url.raw_path.startswith(_UNTOLD)
        return handler(request) if untold else answer(request, handler)

    return choose


def _tell(request: web.Request, answered: web.Response, seconds: float) -> None:
    resource = request.match_info.route.resource
    # A path may carry anything; only addresses of ours are told, without their ids.
    route = resource.canonical if resource is not None else None
    known = route is not None and request.method in hdrs.METH_ALL
    log.info(
        "request.answered",
        method=request.method if known else None,
        route=route,
        status=answered.status,
        duration_ms=round(seconds * 1000, 2),
        request_id=request_id_of(request),
    )
