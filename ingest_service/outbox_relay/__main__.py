"""Run the outbox relay: wire the outbox to the broker, then work until stopped."""

from __future__ import annotations

import os
import threading
from functools import partial

from ingest_service.outbox_relay.metrics import registry_of
from ingest_service.outbox_relay.outbox import Backlog, Outbox
from ingest_service.outbox_relay.relay import Relay, Rules
from ingest_service.outbox_relay.settings import RelaySettings
from shared import lifecycle, logs
from shared.amqp.publisher import Publisher
from shared.health import HealthServer
from shared.metrics import exposition
from shared.startup import begin
from shared.tracing.starting import start as start_traces
from shared.version import __version__

log = logs.get(__name__)


def main() -> None:
    """Work until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("outbox_relay", RelaySettings, os.environ)
    _run(settings, lifecycle.stop_on_signals())


def _run(settings: RelaySettings, stopping: threading.Event) -> None:
    tracer = start_traces("outbox_relay", settings)
    publisher = Publisher(settings.rabbitmq_url.get_secret_value(), name="outbox_relay")
    relay = Relay(
        open_outbox=partial(
            Outbox.open, settings.outbox_database_url.get_secret_value()
        ),
        bus=publisher,
        rules=Rules(
            table=settings.submissions_table,
            max_payload=settings.max_body_bytes,
            batch=settings.outbox_batch,
            poll=settings.outbox_poll_seconds,
        ),
        tracer=tracer,
    )
    health = HealthServer(
        settings.relay_bind,
        lambda: _state(relay, publisher),
        metrics=partial(exposition, registry_of(relay, publisher)),
    )
    health.start()
    publisher.start()
    relay.run(stopping)
    log.info("service.stopping")
    publisher.close()
    tracer.close()
    health.close()


def _state(relay: Relay, publisher: Publisher) -> dict[str, object]:
    backlog, connected, fault = relay.backlog, publisher.ready, relay.fault
    return {
        "status": _status(backlog, working=connected and fault is None),
        "service": "outbox_relay",
        "version": __version__,
        "features": ["outbox", "listen-notify", "publisher-confirms"],
        "reason": fault,
        "database": {"connected": backlog is not None},
        "broker": {"connected": connected},
        "outbox": backlog
        and {
            "waiting": backlog.waiting,
            "set_aside": backlog.set_aside,
            "oldest_seconds": round(backlog.oldest_seconds, 3),
        },
    }


def _status(backlog: Backlog | None, *, working: bool) -> str:
    if backlog is None or not working:
        return "unhealthy"
    return "degraded" if backlog.set_aside else "healthy"


if __name__ == "__main__":
    main()
