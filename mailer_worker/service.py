"""The mailer, wired: doors, ledger, threads; and its end."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from mailer_worker import wiring
from mailer_worker.chores import Chores
from mailer_worker.gate import Gate
from mailer_worker.lanes import Lanes
from mailer_worker.ledger import database
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.letters.rendering import Letters
from mailer_worker.mailgun.messages import longest_call
from mailer_worker.metrics import Metrics
from mailer_worker.outcomes import Outcomes
from mailer_worker.settings import MailerSettings
from mailer_worker.settler import Settler
from mailer_worker.state import State
from mailer_worker.traced import traced
from mailer_worker.worker import Worker
from shared import logs
from shared.amqp.consumer import Consumer
from shared.amqp.message import Delivery
from shared.amqp.publisher import Publisher
from shared.errors import LedgerUnavailable, Malformed
from shared.events import decode
from shared.health import HealthServer
from shared.metrics import exposition
from shared.topology import MAILER_OUTCOMES, MAILER_QUEUE
from shared.tracing.spans import Tracer
from shared.tracing.starting import start as start_traces

#: A call to Mailgun that is under way at SIGTERM may take this long, in seconds.
DRAIN_DEADLINE = 25.0
#: What is done by then is settled by then, in seconds.
SETTLE_DEADLINE = 8.0
#: Between attempts to open the ledger, and between looks at the clock, in seconds.
OPEN_PAUSE, TICK = 2.0, 0.25
OUTCOMES_PREFETCH = 100

log = logs.get(__name__)


def run(settings: MailerSettings, stopping: threading.Event) -> None:
    """Work until `stopping` is set; raise SettingsError for templates at fault."""
    letters = Letters(settings.mail_templates_dir)
    letters.check()
    state = State()
    metrics = Metrics(state)
    health = HealthServer(
        settings.mailer_bind, state.body, metrics=partial(exposition, metrics.registry)
    )
    health.start()
    ledger = _opened(settings, state, stopping)
    if ledger is not None:
        tracer = start_traces("mailer_worker", settings)
        finished = _work(settings, letters, ledger, state, metrics, tracer, stopping)
        ledger.close()
        tracer.close()
        if not finished:
            log.warning("service.cut", reason="a delivery was still under way")
            # Its thread is in a call; the broker delivers it again.
            sys.stdout.flush()
            os._exit(0)
    health.close()


def _opened(
    settings: MailerSettings, state: State, stopping: threading.Event
) -> Ledger | None:
    while not stopping.is_set():
        try:
            opened = database.connect(
                settings.database_url, threads=2 * settings.mailer_senders + 2
            )
        except LedgerUnavailable as error:
            if state.trouble != str(error):
                log.error("ledger.unavailable", reason=str(error))
            state.trouble = str(error)
            stopping.wait(OPEN_PAUSE)
        else:
            return Ledger(
                opened,
                settle=settings.mail_settle_seconds,
                lease=longest_call(settings.mailgun_timeout_seconds),
            )
    return None


def _work(
    settings: MailerSettings,
    letters: Letters,
    ledger: Ledger,
    state: State,
    metrics: Metrics,
    tracer: Tracer,
    stopping: threading.Event,
) -> bool:
    url = settings.rabbitmq_url.get_secret_value()
    senders = settings.mailer_senders
    # Some are with Mailgun; as many get ready or are noted, or wait for their ack.
    prefetch = 3 * senders
    lanes, notes = Lanes(2 * senders), Lanes(2)
    publisher = Publisher(url, name="mailer_worker.publisher")
    consumer = Consumer(
        url,
        name="mailer_worker.consumer",
        queue=MAILER_QUEUE,
        prefetch=prefetch,
        on_delivery=lambda each: lanes.submit(
            _lane_of(each), lambda: worker.handle(each)
        ),
    )
    later = Consumer(
        url,
        name="mailer_worker.outcomes",
        queue=MAILER_OUTCOMES,
        prefetch=OUTCOMES_PREFETCH,
        on_delivery=lambda each: outcomes.handle(each),  # noqa: PLW0108 # made below
    )
    settler = Settler(publisher.publish_all, consumer.ack, on_settled=metrics.settled)
    gate = Gate(consumer.take, prefetch=prefetch, clock=time.monotonic)
    doors = wiring.doors(settings)
    host = urlsplit(settings.mailgun_base_url).hostname or ""
    send = traced(metrics.counting(doors.send), tracer, host=host)
    worker = Worker(
        replace(doors, send=send),
        ledger,
        gate,
        settler,
        compose=wiring.composer(settings, letters),
        domain=settings.mailgun_domain,
        patience=wiring.patience(settings),
        senders=senders,
        stopping=stopping,
        on_accepted=metrics.accepted,
        tracer=tracer,
    )
    outcomes = Outcomes(ledger, notes, ack=later.ack, stopping=stopping, tracer=tracer)
    settler.start()
    for each in (publisher, consumer, later):
        each.start()
    chores = Chores(ledger, gate, state, days=settings.mailer_ledger_days)
    chores.start(stopping)
    while not stopping.wait(TICK):
        gate.tick()
        state.trouble = gate.trouble
        state.connected = consumer.connected and publisher.ready
    log.info("service.stopping")
    consumer.stop_taking()
    later.stop_taking()
    finished = lanes.finish(timeout=DRAIN_DEADLINE)
    notes.finish(timeout=TICK)
    settler.close(timeout=SETTLE_DEADLINE)
    consumer.close()
    later.close()
    publisher.close()
    return finished


def _lane_of(delivery: Delivery) -> str:
    try:
        return decode(delivery.body).subject
    except Malformed:
        return ""
