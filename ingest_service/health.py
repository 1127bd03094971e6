"""How the service is: `/health` for people, `/ready` for load balancers, `/metrics`."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Literal

from flask import Blueprint, Response, request

from ingest_service import answers, problems
from ingest_service.forwarding import Forwarder
from ingest_service.metrics.board import BOARD
from ingest_service.metrics.exposed import registry_of
from ingest_service.metrics.meter import Meter
from ingest_service.spool.glance import SpoolState
from shared.metrics import exposition
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


def blueprint(forwarder: Forwarder, meter: Meter) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("health", __name__)
    registry = registry_of(BOARD, forwarder)
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
        meter.beat(ready=forwarder.broker_ready)
        text, media = exposition(registry, request.headers.get("Accept", ""))
        return Response(text, content_type=media)

    return pages
