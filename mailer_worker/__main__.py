"""Run the mailer: wire the doors to the worker, then wait to be stopped."""

from __future__ import annotations

import os
import sys
import threading

from mailer_worker.lanes import Lanes
from mailer_worker.mailgun import Mailgun
from mailer_worker.recipients import Recipients
from mailer_worker.settings import MailerSettings
from mailer_worker.worker import Worker
from shared import lifecycle, logs
from shared.amqp.consumer import Consumer
from shared.amqp.message import Delivery
from shared.amqp.publisher import Publisher
from shared.errors import Malformed
from shared.events import decode
from shared.health import HealthServer
from shared.startup import begin
from shared.topology import MAILER_QUEUE
from shared.version import __version__

#: A call to Mailgun that is under way at SIGTERM may take this long, in seconds.
DRAIN_DEADLINE = 25.0
log = logs.get(__name__)


def main() -> None:
    """Work until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("mailer_worker", MailerSettings, os.environ)
    _run(settings, lifecycle.stop_on_signals())


def _run(settings: MailerSettings, stopping: threading.Event) -> None:
    url = settings.rabbitmq_url.get_secret_value()
    lanes = Lanes(settings.mailer_senders)
    publisher = Publisher(url, name="mailer_worker.publisher")

    def take(delivery: Delivery) -> None:
        lanes.submit(_lane_of(delivery), worker.handle, delivery)

    consumer = Consumer(
        url,
        name="mailer_worker.consumer",
        queue=MAILER_QUEUE,
        prefetch=2 * settings.mailer_senders,
        on_delivery=take,
    )
    worker = Worker(
        address_for=_recipients(settings).address_for,
        send=_mailgun(settings).send,
        bus=publisher,
        ack=consumer.ack,
        domain=settings.mailgun_domain,
        stopping=stopping,
    )
    health = HealthServer(
        settings.mailer_bind, lambda: _state(worker, consumer, publisher)
    )
    health.start()
    publisher.start()
    consumer.start()
    stopping.wait()
    log.info("service.stopping")
    consumer.stop_taking()
    finished = lanes.finish(timeout=DRAIN_DEADLINE)
    consumer.close()
    publisher.close()
    health.close()
    if not finished:
        log.warning("service.cut", reason="a delivery was still under way")
        # The interpreter would wait for its thread; the broker delivers it again.
        sys.stdout.flush()
        os._exit(0)


def _recipients(settings: MailerSettings) -> Recipients:
    return Recipients(
        supabase_url=settings.supabase_url,
        service_key=settings.supabase_service_role_key.get_secret_value(),
    )


def _mailgun(settings: MailerSettings) -> Mailgun:
    return Mailgun(
        base_url=settings.mailgun_base_url,
        domain=settings.mailgun_domain,
        api_key=settings.mailgun_api_key.get_secret_value(),
        sender=settings.mailgun_from_email,
        timeout=settings.mailgun_timeout_seconds,
    )


def _lane_of(delivery: Delivery) -> str:
    try:
        return decode(delivery.body).subject
    except Malformed:
        return ""


def _state(
    worker: Worker, consumer: Consumer, publisher: Publisher
) -> dict[str, object]:
    connected = consumer.consuming and publisher.ready
    refused = worker.misconfigured
    return {
        "status": "healthy" if connected and not refused else "unhealthy",
        "service": "mailer_worker",
        "version": __version__,
        "features": ["status-mails", "retries", "dead-letters"],
        "reason": refused,
        "broker": {"connected": connected},
    }


if __name__ == "__main__":
    main()
