"""How the service is: `/health` for people, `/ready` for load balancers, `/metrics`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Literal

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest_service import answers, problems
from ingest_service.forwarding import Forwarder
from ingest_service.spool.glance import SpoolState
from shared.version import __version__

FEATURES = ("webhooks", "hmac", "standard-webhooks", "publisher-confirms", "spool")
#: The broker's first connection is waited for before the spool counts as ready, so
#: that what comes right after a start takes the short way.
START_SECONDS = 5.0

Standing = Literal["healthy", "degraded", "unhealthy"]


def standing(*, broker_ready: bool, spool: SpoolState) -> Standing:
    """Say how things are: unhealthy is what answers webhooks 503."""
    direct = broker_ready and not spool.depth
    if direct and spool.takes_more:
        return "healthy"
    return "degraded" if direct or spool.takes_more else "unhealthy"


def blueprint(forwarder: Forwarder) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(_Gauges(forwarder))
    started = time.monotonic()

    @pages.get("/health")
    def show_health() -> Response:
        broker_ready, spool = forwarder.broker_ready, forwarder.spool_state()
        state = standing(broker_ready=broker_ready, spool=spool)
        body = {
            "status": state,
            "service": "ingest_service",
            "version": __version__,
            "features": FEATURES,
            "broker": {"connected": broker_ready},
            "spool": spool,
        }
        sick = state == "unhealthy"
        status = HTTPStatus.SERVICE_UNAVAILABLE if sick else HTTPStatus.OK
        return problems.response(answers.of(status, body))

    @pages.get("/ready")
    def show_ready() -> Response:
        starting = time.monotonic() - started < START_SECONDS
        if forwarder.broker_ready or (
            not starting and forwarder.spool_state().takes_more
        ):
            return problems.response(answers.of(HTTPStatus.OK, {"status": "ready"}))
        return problems.unavailable("neither the broker nor the spool is ready")

    @pages.get("/metrics")
    def show_metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return pages


class _Gauges(Collector):
    """The spool, which all workers share, and this worker's connection."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    def collect(self) -> Iterator[Metric]:
        spool = self._forwarder.spool_state()
        for name, text, value in (
            ("spool_events", "Events that wait for the broker.", spool.depth),
            ("spool_bytes", "Bytes of the events that wait.", spool.bytes),
            (
                "spool_oldest_age_seconds",
                "How long the oldest event has waited.",
                spool.oldest_age_seconds or 0.0,
            ),
            ("spool_refused_events", "Events the broker cannot take.", spool.refused),
            (
                "spool_takes_more",
                "Whether an event would be taken.",
                spool.takes_more,
            ),
            (
                "broker_connected",
                "Whether this worker could publish now.",
                self._forwarder.broker_ready,
            ),
        ):
            yield GaugeMetricFamily(f"melotech_ingest_{name}", text, float(value))
