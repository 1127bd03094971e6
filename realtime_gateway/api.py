"""`/health` for people, `/ready` for load balancers, and which pages may call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from http import HTTPStatus
from typing import TypedDict

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from realtime_gateway.feed import Feed
from realtime_gateway.hub import Hub
from realtime_gateway.sockets import Sockets
from shared import logs
from shared.amqp.counts import Answers, counts_of
from shared.topology import MAILER_DEAD_LETTERS, MAILER_QUEUE, RETRY_DELAYS
from shared.version import __version__

log = logs.get(__name__)

FEATURES = ("websocket-rooms", "resume", "token-refresh", "filters", "email-updates")
#: Health is asked by many; the broker is asked at most once in this many seconds.
COUNTS_LIFETIME = 1.0
COUNTS_TIMEOUT = 2.0


class MailerCounts(TypedDict):
    """The mailer as its queues tell of it."""

    consumers: int | None
    backlog: int | None
    dead_letters: int | None


UNKNOWN: MailerCounts = {"consumers": None, "backlog": None, "dead_letters": None}


def status_of(*, live: bool, draining: bool, mailer: MailerCounts) -> str:
    """Return healthy, degraded (mails do not go out) or unhealthy (no updates)."""
    if not live or draining:
        return "unhealthy"
    return "healthy" if mailer["consumers"] else "degraded"


def mailer_counts(answers: Answers) -> MailerCounts:
    """Return the mailer's counts; waiting retries are backlog too."""
    queue, dead = answers.get(MAILER_QUEUE), answers.get(MAILER_DEAD_LETTERS)
    if queue is None or dead is None:
        return UNKNOWN
    waiting = [answers.get(name) for name in RETRY_DELAYS]
    return {
        "consumers": queue.consumers,
        "backlog": queue.messages + sum(each.messages for each in waiting if each),
        "dead_letters": dead.messages,
    }


class Health:
    """What this gateway knows of itself and of the broker."""

    def __init__(self, feed: Feed, hub: Hub, sockets: Sockets) -> None:
        self._feed = feed
        self._hub = hub
        self._sockets = sockets
        self._answers: Answers | None = None
        self._counted_at = float("-inf")
        self._counting = asyncio.Lock()

    @property
    def ready(self) -> bool:
        """Tell whether a client is served here as it should be."""
        return self._feed.live and not self._sockets.draining

    async def show(self, request: web.Request) -> web.Response:
        """Answer `GET /health`."""
        mailer = await self._mailer()
        # A broker that does not answer is none, whatever the socket to it says.
        connected = self._feed.reader.connected and self._answers is not None
        status = status_of(
            live=self._feed.live and connected,
            draining=self._sockets.draining,
            mailer=mailer,
        )
        body = {
            "status": status,
            "service": "realtime_gateway",
            "version": __version__,
            "features": list(FEATURES),
            "active_connections": self._sockets.open_count,
            "active_rooms": self._hub.rooms.counts(),
            "broker": {
                "connected": connected,
                "mailer": mailer,
            },
        }
        unhealthy = status == "unhealthy"
        code = HTTPStatus.SERVICE_UNAVAILABLE if unhealthy else HTTPStatus.OK
        return web.json_response(body, status=code)

    async def show_ready(self, request: web.Request) -> web.Response:
        """Answer `GET /ready`."""
        if self.ready:
            return web.json_response({"status": "ready"})
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "this gateway is not ready")

    async def _mailer(self) -> MailerCounts:
        async with self._counting:
            if time.monotonic() - self._counted_at > COUNTS_LIFETIME:
                self._answers = await self._ask()
                self._counted_at = time.monotonic()
            return mailer_counts(self._answers or {})

    async def _ask(self) -> Answers | None:
        queues = (MAILER_QUEUE, MAILER_DEAD_LETTERS, *RETRY_DELAYS)
        if not self._feed.reader.connected:
            return None
        try:
            link = self._feed.reader.link
            return await counts_of(link, queues, timeout=COUNTS_TIMEOUT)
        except TimeoutError:
            return None


def problem(
    status: HTTPStatus, detail: str, headers: dict[str, str] | None = None
) -> web.Response:
    """Return an error as RFC 9457 problem+json."""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


def errors_as_problems() -> Middleware:
    """Return a middleware that answers every error as problem+json."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            allow = error.headers.get(hdrs.ALLOW)
            headers = {"Allow": allow} if allow else None
            return problem(HTTPStatus(error.status), error.reason, headers)
        except Exception:
            if request.path.startswith("/ws/"):
                raise  # an upgraded socket has no answer left to give
            log.exception("request.failed", path=request.path)
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an error on our side")

    return answer


def allowed_origins(origins: Collection[str]) -> Middleware:
    """Return a middleware that lets only these pages in: CORS, and sockets too.

    Clients that send no Origin are no browsers; their token alone decides.
    """

    pages = frozenset(origin.rstrip("/") for origin in origins)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        allowed = origin in pages
        if origin and not allowed and request.path.startswith("/ws/"):
            return problem(HTTPStatus.FORBIDDEN, "this page may not open sockets here")
        if request.method == hdrs.METH_OPTIONS and allowed:
            answer: web.StreamResponse = web.Response(status=HTTPStatus.NO_CONTENT)
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, OPTIONS"
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = "authorization"
            answer.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "600"
        else:
            answer = await handler(request)
        if not answer.prepared:
            answer.headers[hdrs.VARY] = hdrs.ORIGIN
            if origin and allowed:
                answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        return answer

    return check
