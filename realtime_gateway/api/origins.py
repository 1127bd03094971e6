"""Which pages may call: CORS for requests, and the check before a socket's upgrade."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from realtime_gateway.api.problems import is_socket, problem

#: What a page may send: its token, and where its stream of events broke off.
ALLOWED_HEADERS = "authorization, last-event-id, x-request-id"
EXPOSED_HEADERS = "Retry-After, X-Request-Id"


Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def allowed_origins(
    origins: Collection[str], *, on_refused: Callable[[], None]
) -> Middleware:
    """Return a middleware that lets only these pages in: CORS, and sockets too.

    Clients that send no Origin are no browsers; their token alone decides.
    `on_refused` is called for each socket that is refused.
    """

    pages = _pages(origins)

    async def refuse() -> web.StreamResponse:
        on_refused()
        return problem(HTTPStatus.FORBIDDEN, "this page may not open sockets here")

    @web.middleware
    def choose(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        if not is_socket(request):
            return answer(request, handler)
        origin = request.headers.get(hdrs.ORIGIN)
        return refuse() if origin and origin not in pages else handler(request)

    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        preflight = request.method == hdrs.METH_OPTIONS
        if not preflight or request.headers.get(hdrs.ORIGIN) not in pages:
            return await handler(request)
        headers = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, OPTIONS",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ALLOWED_HEADERS,
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
        }
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)

    return choose


def cors_headers(origins: Collection[str]) -> Signal:
    """Return what adds CORS headers to each answer as it begins, streams included."""

    pages = _pages(origins)

    async def add(request: web.Request, answer: web.StreamResponse) -> None:
        if is_socket(request):
            return
        origin = request.headers.get(hdrs.ORIGIN)
        answer.headers[hdrs.VARY] = hdrs.ORIGIN
        if origin in pages:
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            answer.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED_HEADERS

    return add


def _pages(origins: Collection[str]) -> frozenset[str]:
    return frozenset(origin.rstrip("/") for origin in origins)
