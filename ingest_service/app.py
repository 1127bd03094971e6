"""The Flask application, wired: settings, publisher, endpoints, errors."""

from __future__ import annotations

import atexit
import gc
import os
import threading
import time
from functools import partial

from flask import Blueprint, Flask, Response

from ingest_service import health, problems, reloading, routes
from ingest_service.express import Express
from ingest_service.forwarding import Forwarder
from ingest_service.intake import Rules
from ingest_service.mailgun import intake as mailgun_intake
from ingest_service.mailgun import routes as mailgun_routes
from ingest_service.mailgun.tokens import Tokens
from ingest_service.metrics.board import BOARD
from ingest_service.metrics.counted import Counted
from ingest_service.metrics.meter import Meter
from ingest_service.refusals import Refusals
from ingest_service.settings import IngestSettings
from ingest_service.spool.file import Limits
from ingest_service.spool.spool import Spool
from ingest_service.traced import Traced
from ingest_service.unsubscribe import routes as unsubscribe_routes
from shared import logs, signature
from shared.amqp.greenlets import GreenletLoop
from shared.amqp.publisher import Publisher
from shared.tracing.spans import NO_TRACER, Tracer
from shared.tracing.starting import start as start_traces

log = logs.get(__name__)

#: Between two beats of a worker, in seconds.
BEAT = 1.0


def from_environment() -> Flask:
    """Return the application with a publisher and a spool, for one worker process.

    Call it after the fork: connections cannot be shared between processes.
    """
    settings = reloading.settings(os.environ)
    logs.configure("ingest_service", debug=settings.debug)
    tracer = start_traces("ingest_service", settings)
    publisher = Publisher(
        settings.rabbitmq_url.get_secret_value(),
        name="ingest_service",
        make_loop=GreenletLoop,
    )
    limits = Limits(settings.spool_max_bytes, settings.spool_max_age_seconds)
    spool = Spool(
        settings.data_dir,
        limits,
        publish_all=publisher.publish_all,
        ready=lambda: publisher.ready,
    )
    publisher.start()
    spool.start()
    # The last first: nothing is published once the publisher is closed.
    for end in (tracer.close, spool.close, publisher.close, spool.stop_draining):
        atexit.register(end)
    meter = Meter(BOARD.mine())
    meter.begin()
    threading.Thread(target=partial(_beat, meter, publisher), daemon=True).start()
    forwarder = Forwarder(
        publisher,
        spool,
        confirm_deadline=settings.confirm_deadline_ms / 1000,
        on_confirmed=meter.confirmed,
        tracer=tracer,
    )
    app = create_app(settings, forwarder, tracer)
    # What is there now stays, and what a webhook needs goes with it: looking through it
    # all again and again is a waste.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return app


def create_app(
    settings: IngestSettings, forwarder: Forwarder, tracer: Tracer = NO_TRACER
) -> Flask:
    """Return the application that hands on to `forwarder`."""
    meter = Meter(BOARD.mine())
    app = Flask(__name__, static_folder=None)
    # A doubled slash is another address, not one to be redirected from.
    app.url_map.merge_slashes = False
    refusals = Refusals(
        per_minute=settings.max_refused_per_minute, trusted=settings.trusted_proxies
    )
    takes = routes.takes(
        forwarder, _rules(settings), refusals, max_body_bytes=settings.max_body_bytes
    )
    app.register_blueprint(routes.webhooks(takes))
    if settings.mailgun_webhook_signing_key:
        app.register_blueprint(_mailgun(settings, forwarder, refusals))
    if settings.unsubscribe_secret:
        keys = [
            each.get_secret_value().encode() for each in settings.unsubscribe_secret
        ]
        app.register_blueprint(unsubscribe_routes.pages(forwarder, keys, refusals))
    app.register_blueprint(health.blueprint(forwarder, meter))
    app.after_request(_tell_request_id)
    app.register_error_handler(Exception, _error)
    # Flask's own way to put something before it.
    app.wsgi_app = Express(  # type: ignore[method-assign]
        Counted(app.wsgi_app, meter), takes, meter
    )
    if tracer.is_on:
        app.wsgi_app = Traced(app.wsgi_app, tracer)  # type: ignore[method-assign]
    return app


def _beat(meter: Meter, publisher: Publisher) -> None:
    while True:
        meter.beat(ready=publisher.ready)
        time.sleep(BEAT)


def _rules(settings: IngestSettings) -> Rules:
    secrets = [secret.get_secret_value() for secret in settings.webhook_secret]
    static = secrets if settings.webhook_allow_static_header else []
    return Rules(
        keys=signature.keys_of(secrets),
        tolerance=settings.webhook_tolerance_seconds,
        table=settings.submissions_table,
        static_secrets=[secret.encode() for secret in static],
    )


def _mailgun(
    settings: IngestSettings, forwarder: Forwarder, refusals: Refusals
) -> Blueprint:
    secrets = settings.mailgun_webhook_signing_key
    max_age = settings.mailgun_webhook_max_age_seconds
    return mailgun_routes.webhook(
        forwarder,
        Tokens(settings.data_dir, max_age=max_age),
        mailgun_intake.Rules(
            keys=[secret.get_secret_value().encode() for secret in secrets],
            max_age=max_age,
        ),
        refusals,
        max_body_bytes=settings.max_body_bytes,
    )


def _tell_request_id(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = problems.request_id()
    return answer


def _error(error: Exception) -> Response:
    return problems.response(problems.of_error(error, problems.request_id()))
