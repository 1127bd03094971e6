"""The mailer, wired: doors, ledger, threads; and its end."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field

from mailer_worker.composing import Composer
from mailer_worker.doubt import Patience
from mailer_worker.gate import Gate
from mailer_worker.lanes import Lanes
from mailer_worker.ledger import database
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.letters.rendering import Letters
from mailer_worker.mailgun.connections import Sessions
from mailer_worker.mailgun.log import Log
from mailer_worker.mailgun.messages import Messages, longest_call
from mailer_worker.outcomes import Outcomes
from mailer_worker.recipients import Recipients
from mailer_worker.settings import MailerSettings
from mailer_worker.settler import Settler
from mailer_worker.worker import Doors, Worker
from shared import logs
from shared.amqp.consumer import Consumer
from shared.amqp.message import Delivery
from shared.amqp.publisher import Publisher
from shared.errors import LedgerUnavailable, Malformed
from shared.events import decode
from shared.health import HealthServer
from shared.topology import MAILER_OUTCOMES, MAILER_QUEUE
from shared.version import __version__

#: A call to Mailgun that is under way at SIGTERM may take this long, in seconds.
DRAIN_DEADLINE = 25.0
#: What is done by then is settled by then, in seconds.
SETTLE_DEADLINE = 8.0
#: Between attempts to open the ledger, and between looks at the clock, in seconds.
OPEN_PAUSE, TICK = 2.0, 0.25
#: Between prunings, and between counts for `/health`, in seconds.
PRUNE_PAUSE, COUNT_PAUSE = 60.0, 2.0
OUTCOMES_PREFETCH = 100

log = logs.get(__name__)


@dataclass(slots=True)
class State:
    """What `/health` tells."""

    trouble: str | None = "starting"
    connected: bool = False
    mails: dict[str, int] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """Return the answer."""
        well = self.connected and self.trouble is None
        return {
            "status": "healthy" if well else "unhealthy",
            "service": "mailer_worker",
            "version": __version__,
            "features": ["status-mails", "ledger", "retries", "dead-letters"],
            "reason": self.trouble,
            "broker": {"connected": self.connected},
            "mails": {"claimed": 0, "uncertain": 0} | self.mails,
        }


def run(settings: MailerSettings, stopping: threading.Event) -> None:
    """Work until `stopping` is set; raise SettingsError for templates at fault."""
    letters = Letters(settings.mail_templates_dir)
    letters.check()
    state = State()
    health = HealthServer(settings.mailer_bind, state.body)
    health.start()
    ledger = _opened(settings, state, stopping)
    if ledger is not None:
        finished = _work(settings, letters, ledger, state, stopping)
        ledger.close()
        if not finished:
            log.warning("service.cut", reason="a delivery was still under way")
    health.close()
    # Threads that still wait for a peer must not keep the process.
    sys.stdout.flush()
    os._exit(0)


def _opened(
    settings: MailerSettings, state: State, stopping: threading.Event
) -> Ledger | None:
    while not stopping.is_set():
        try:
            opened = database.connect(
                settings.database_url, threads=settings.mailer_senders + 2
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
    stopping: threading.Event,
) -> bool:
    url = settings.rabbitmq_url.get_secret_value()
    prefetch = 2 * settings.mailer_senders
    lanes, notes = Lanes(settings.mailer_senders), Lanes(2)
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
        on_delivery=lambda each: notes.submit(
            _lane_of(each), lambda: outcomes.handle(each)
        ),
    )
    settler = Settler(publisher.publish_all, consumer.ack)
    gate = Gate(consumer.take, prefetch=prefetch, clock=time.monotonic)
    worker = Worker(
        _doors(settings),
        ledger,
        gate,
        settler,
        compose=_composer(settings, letters),
        domain=settings.mailgun_domain,
        patience=Patience(
            lease=longest_call(settings.mailgun_timeout_seconds),
            trusted=settings.mail_lookup_trusted_seconds,
            give_up=settings.mail_uncertain_seconds,
        ),
        stopping=stopping,
    )
    outcomes = Outcomes(ledger, ack=later.ack, stopping=stopping)
    settler.start()
    for each in (publisher, consumer, later):
        each.start()
    prunes_at, counts_at = 0.0, 0.0
    while not stopping.wait(TICK):
        now = time.monotonic()
        gate.tick()
        state.trouble = gate.trouble
        state.connected = consumer.connected and publisher.ready
        if now >= counts_at:
            counts_at = now + COUNT_PAUSE
            state.mails = _counts(ledger, state.mails)
        if now >= prunes_at:
            prunes_at = now + PRUNE_PAUSE
            _prune(ledger, settings.mailer_ledger_days)
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


def _doors(settings: MailerSettings) -> Doors:
    key = settings.mailgun_api_key.get_secret_value()
    reading = settings.mailgun_log_api_key
    recipients = Recipients(
        supabase_url=settings.supabase_url,
        service_key=settings.supabase_service_role_key.get_secret_value(),
    )
    messages = Messages(
        Sessions(key),
        base_url=settings.mailgun_base_url,
        domain=settings.mailgun_domain,
        sender=settings.mailgun_from_email,
        timeout=settings.mailgun_timeout_seconds,
        test_mode=settings.mailgun_test_mode,
    )
    events = Log(
        Sessions(reading.get_secret_value() if reading else key),
        base_url=settings.mailgun_base_url,
        domain=settings.mailgun_domain,
    )
    return Doors(
        recipient_of=recipients.recipient_of, send=messages.send, find=events.find
    )


def _composer(settings: MailerSettings, letters: Letters) -> Composer:
    secrets = [secret.get_secret_value() for secret in settings.unsubscribe_secret]
    if not secrets or settings.public_url is None:
        missing = [] if secrets else ["UNSUBSCRIBE_SECRET"]
        missing += [] if settings.public_url else ["PUBLIC_URL"]
        log.warning("mails.no-unsubscribe-link", missing=missing)
    return Composer(
        letters,
        public_url=settings.public_url,
        link_key=secrets[0].encode() if secrets else None,
    )


def _lane_of(delivery: Delivery) -> str:
    try:
        return decode(delivery.body).subject
    except Malformed:
        return ""


def _counts(ledger: Ledger, known: dict[str, int]) -> dict[str, int]:
    try:
        return ledger.counts()
    except LedgerUnavailable:
        return known


def _prune(ledger: Ledger, days: float) -> None:
    try:
        pruned = ledger.prune(days=days)
    except LedgerUnavailable as error:
        log.warning("ledger.not-pruned", reason=str(error))
    else:
        if pruned:
            log.info("ledger.pruned", changes=pruned)
