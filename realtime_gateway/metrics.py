"""`GET /metrics`: the gateway's own counts, made into metrics when somebody asks."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import hdrs, web
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from realtime_gateway.api.health import UNKNOWN, Health, MailerCounts
from realtime_gateway.changelog.keeper import Keeper
from realtime_gateway.connection import State
from realtime_gateway.hub import Hub
from realtime_gateway.services import Services
from shared import metrics

#: What is told of as refused; close codes are told of as closed.
REASONS = (
    *("connections", "address", "user", "handshakes"),
    *("messages", "message_size", "origin"),
)
#: Connections that are looked at in one turn of the loop: events go first.
AT_ONCE = 500
ROOMS, MEDIA = ("admin", "artist"), ("websocket", "sse")
_PREFIX = "melotech_gateway_"
_BOUNDS = [*map(floatToGoString, metrics.PATH_BUCKETS), "+Inf"]


class Metrics:
    """The endpoint, for who reaches this port: the edge does not pass it on."""

    def __init__(self, services: Services, health: Health, keeper: Keeper) -> None:
        self._health = health
        self._hub = services.hub
        self._feed = services.feed
        self._figures = _Figures(services, keeper)
        self._registry = metrics.registry("realtime_gateway")
        self._registry.register(self._figures)

    async def show(self, request: web.Request) -> web.Response:
        """Answer `GET /metrics`."""
        self._figures.mailer = await self._health.mailer()
        self._figures.seen = await _look_at(self._hub)
        accept = request.headers.get(hdrs.ACCEPT, "")
        body, content_type = metrics.exposition(self._registry, accept)
        # For the next time: to find it out takes longer than an answer should.
        self._feed.look_for_end()
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})


class _Figures(Collector):
    """All but what every process has; `mailer` and `seen` are set anew each time."""

    def __init__(self, services: Services, keeper: Keeper) -> None:
        self._services = services
        self._keeper = keeper
        self.mailer: MailerCounts = UNKNOWN
        self.seen = _Seen()

    def collect(self) -> Iterator[Metric]:
        yield from self._counts()
        yield from self._connections()
        yield from self._log()
        yield _gauge("live", "Whether events arrive.", self._services.feed.live)
        for name, value in self.mailer.items():
            text = "The mailer, as its queues tell of it."
            yield _gauge(f"mailer_{name}", text, value)  # type: ignore[arg-type]

    def _counts(self) -> Iterator[Metric]:
        tally, refused = self._services.hub.tally, self._services.limits.refused
        for name, text, label, counts in (
            ("events", "Events that came from the stream.", "type", tally.events),
            ("deliveries", "Events handed to clients.", "room", tally.deliveries),
            ("closed", "Connections that ended.", "code", tally.closed),
            (
                "refused",
                "What was too much, or not allowed.",
                "reason",
                {reason: refused[reason] for reason in REASONS},
            ),
        ):
            told = CounterMetricFamily(f"{_PREFIX}{name}", text, labels=[label])
            for value, count in counts.items():
                told.add_metric([value], count)
            yield told
        yield CounterMetricFamily(
            f"{_PREFIX}lagged", "How often a client fell behind.", tally.lagged
        )
        up_to = tally.until_handed_over.up_to_each()
        yield HistogramMetricFamily(
            f"{_PREFIX}webhook_to_frame_seconds",
            "From a change's receipt until it was handed over to whoever is there.",
            buckets=list(zip(_BOUNDS, up_to, strict=True)),
            sum_value=tally.until_handed_over.total,
        )

    def _connections(self) -> Iterator[Metric]:
        seen, rooms = self.seen, self._services.hub.rooms
        told = GaugeMetricFamily(
            f"{_PREFIX}connections",
            "Clients who are connected and known.",
            labels=["room", "transport"],
        )
        for room in ROOMS:
            for medium in MEDIA:
                told.add_metric([room, medium], seen.by_kind[room, medium])
        yield told
        yield _gauge("rooms", "Rooms that somebody is in.", rooms)
        yield _gauge("lagging_connections", "Clients who are behind.", seen.lagging)
        yield _gauge("buffer_bytes", "What waits for clients.", seen.waiting)
        yield _gauge(
            "buffer_bytes_max", "What waits for the slowest.", seen.waiting_most
        )

    def _log(self) -> Iterator[Metric]:
        extent = self._keeper.extent
        oldest = extent.oldest if extent else None
        age = None if oldest is None else max(0.0, time.time() - oldest)
        for name, text, value in (
            ("changelog_bytes", "Of the change log.", extent.size if extent else None),
            ("changelog_events", "In it.", extent.events if extent else None),
            ("changelog_oldest_age_seconds", "Of its oldest event.", age),
            (
                "stream_lag_events",
                "How far the change log is behind the stream's end.",
                self._services.feed.behind,
            ),
        ):
            yield _gauge(name, text, value)


@dataclass(slots=True)
class _Seen:
    """What all connections come to."""

    by_kind: Counter[tuple[str, str]] = field(default_factory=Counter)
    lagging: int = 0
    waiting: int = 0
    waiting_most: int = 0


async def _look_at(hub: Hub) -> _Seen:
    seen = _Seen()
    for number, connection in enumerate(hub.connections(), start=1):
        outlet = connection.outlet
        seen.by_kind[connection.seat.kind, outlet.medium] += 1
        seen.lagging += connection.state is State.LAGGING
        if not outlet.gone:
            waiting = outlet.backlog
            seen.waiting += waiting
            seen.waiting_most = max(seen.waiting_most, waiting)
        if not number % AT_ONCE:
            await asyncio.sleep(0)
    return seen


def _gauge(name: str, text: str, value: float | None) -> Metric:
    # Without a sample where nobody knows: 0 would be good news.
    value = None if value is None else float(value)
    return GaugeMetricFamily(f"{_PREFIX}{name}", text, value)
