"""The relay's metrics."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest_service.outbox_relay.relay import Relay
from shared import metrics
from shared.amqp.publisher import Publisher


def registry_of(relay: Relay, publisher: Publisher) -> CollectorRegistry:
    """Return what `/metrics` tells."""
    made = metrics.registry("outbox_relay")
    made.register(_Figures(relay, publisher))
    return made


class _Figures(Collector):
    """What the relay has done, and what it last saw of the outbox."""

    def __init__(self, relay: Relay, publisher: Publisher) -> None:
        self._relay = relay
        self._publisher = publisher

    def collect(self) -> Iterator[Metric]:
        relay, backlog = self._relay, self._relay.backlog
        for name, text, count in (
            ("published", "Events that were published.", relay.published),
            ("set_aside", "Rows that were set aside.", relay.set_aside),
        ):
            yield CounterMetricFamily(f"melotech_relay_{name}", text, count)
        for name, text, holds in (
            ("database", "Whether the outbox can be read.", backlog is not None),
            ("broker", "Whether an event could go out now.", self._publisher.ready),
        ):
            yield GaugeMetricFamily(
                f"melotech_relay_{name}_connected", text, float(holds)
            )
        figures: tuple[tuple[str, str, float | None], ...] = (
            (
                "waiting_events",
                "Events that are not delivered.",
                backlog.waiting if backlog else None,
            ),
            (
                "set_aside_events",
                "Rows that are set aside.",
                backlog.set_aside if backlog else None,
            ),
            (
                "oldest_age_seconds",
                "How long the oldest of them has waited.",
                backlog.oldest_seconds if backlog else None,
            ),
        )
        for name, text, value in figures:
            # Nothing where nobody knows: 0 would be good news.
            yield GaugeMetricFamily(f"melotech_relay_{name}", text, value)
