"""The Flask application, wired: settings, publisher, endpoints, errors."""

from __future__ import annotations

import atexit
import os
import uuid
from http import HTTPStatus
from pathlib import Path

import structlog
from flask import Blueprint, Flask, Response, g
from werkzeug.exceptions import HTTPException

from ingest_service import problems, routes
from ingest_service.intake import Rules
from ingest_service.mailgun import intake as mailgun_intake
from ingest_service.mailgun import routes as mailgun_routes
from ingest_service.mailgun.tokens import Tokens
from ingest_service.routes import Bus
from ingest_service.settings import IngestSettings
from shared import logs, signature
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher

log = logs.get(__name__)


def from_environment() -> Flask:
    """Return the application with a publisher of its own, for one worker process.

    Call it after the fork: a connection cannot be shared between processes.
    """
    settings = IngestSettings.load(os.environ)
    logs.configure("ingest_service", debug=settings.debug)
    publisher = Publisher(
        settings.rabbitmq_url.get_secret_value(), name="ingest_service"
    )
    publisher.start()
    atexit.register(publisher.close)
    return create_app(settings, publisher)


def create_app(settings: IngestSettings, bus: Bus) -> Flask:
    """Return the application that publishes to `bus`."""
    app = Flask(__name__, static_folder=None)
    # A doubled slash is another address, not one to be redirected from.
    app.url_map.merge_slashes = False
    # One byte more than is taken: a body in chunks is cut there without an error.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes + 1
    secrets = [secret.get_secret_value() for secret in settings.webhook_secret]
    rules = Rules(
        keys=signature.keys_of(secrets),
        tolerance=settings.webhook_tolerance_seconds,
        table=settings.submissions_table,
    )
    deadline = settings.confirm_deadline_ms / 1000
    app.register_blueprint(
        routes.webhooks(
            bus,
            rules,
            confirm_deadline=deadline,
            max_body_bytes=settings.max_body_bytes,
        )
    )
    app.register_blueprint(routes.health(bus))
    if settings.mailgun_webhook_signing_key and settings.ingest_data_dir:
        app.register_blueprint(_mailgun(settings, settings.ingest_data_dir, bus))
    app.before_request(_name_request)
    app.after_request(_tell_request_id)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    return app


def _mailgun(settings: IngestSettings, folder: Path, bus: Bus) -> Blueprint:
    deadline = settings.confirm_deadline_ms / 1000
    max_age = settings.mailgun_webhook_max_age_seconds
    keys = [
        key.get_secret_value().encode() for key in settings.mailgun_webhook_signing_key
    ]

    def publish(message: Message) -> None:
        bus.publish(message, timeout=deadline)

    return mailgun_routes.webhook(
        publish,
        Tokens(folder, max_age=max_age),
        mailgun_intake.Rules(keys=keys, max_age=max_age),
        max_body_bytes=settings.max_body_bytes,
    )


def _name_request() -> None:
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _tell_request_id(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    structlog.contextvars.unbind_contextvars("request_id")
    return answer


def _http_error(error: HTTPException) -> Response:
    answer = error.get_response()
    kept = {name: answer.headers[name] for name in ("Allow",) if name in answer.headers}
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    log.info("request.refused", status=status)
    return problems.problem(status, error.description or error.name, headers=kept)


def _unexpected(error: Exception) -> Response:
    log.error("request.failed", exc_info=error)
    return problems.problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "an error on our side; nothing was accepted",
        headers={"Retry-After": problems.RETRY_AFTER},
    )
