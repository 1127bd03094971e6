"""`/health` for people, `/ready` for load balancers."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TypedDict

from aiohttp import web

from realtime_gateway.api.problems import problem
from realtime_gateway.services import Services
from shared.amqp.counts import Answers, counts_of
from shared.topology import MAILER_DEAD_LETTERS, MAILER_QUEUE, RETRY_DELAYS
from shared.version import __version__

FEATURES = (
    "websocket-rooms",
    "resume",
    "token-refresh",
    "filters",
    "max-rate",
    "slow-client-catch-up",
    "compression",
    "email-updates",
    "update-history",
    "analytics",
    "event-stream",
)
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
    """Return healthy, degraded (mails do not go out), unhealthy (no updates), draining.

    A gateway that is being stopped is draining: its clients go elsewhere.
    """
    if draining:
        return "draining"
    if not live:
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

    def __init__(self, services: Services) -> None:
        self._services = services
        self._feed = services.feed
        self._answers: Answers | None = None
        self._counted_at = float("-inf")
        self._counting = asyncio.Lock()

    @property
    def ready(self) -> bool:
        """Tell whether a client is served here as it should be."""
        return self._feed.live and not self._services.drain.under_way

    async def show(self, request: web.Request) -> web.Response:
        """Answer `GET /health`."""
        mailer = await self.mailer()
        # A broker that does not answer is none, whatever the socket to it says.
        connected = self._feed.reader.connected and self._answers is not None
        status = status_of(
            live=self._feed.live and connected,
            draining=self._services.drain.under_way,
            mailer=mailer,
        )
        body = {
            "status": status,
            "service": "realtime_gateway",
            "version": __version__,
            "features": list(FEATURES),
            "gateway": self._services.settings.gateway_name,
            "active_connections": self._services.limits.open_count,
            "active_rooms": self._services.hub.counts(),
            "refused": dict(self._services.limits.refused),
            "broker": {
                "connected": connected,
                "mailer": mailer,
            },
        }
        serves = status in {"healthy", "degraded"}
        code = HTTPStatus.OK if serves else HTTPStatus.SERVICE_UNAVAILABLE
        return web.json_response(body, status=code)

    async def show_ready(self, request: web.Request) -> web.Response:
        """Answer `GET /ready`."""
        if self.ready:
            return web.json_response({"status": "ready"})
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "this gateway is not ready")

    async def mailer(self) -> MailerCounts:
        """Return the mailer's counts, asked of the broker now and then."""
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
