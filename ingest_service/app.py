"""The Flask application, wired: settings, publisher, endpoints, errors."""

from __future__ import annotations

import atexit
import os
import uuid
from http import HTTPStatus

import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from ingest_service import problems, reloading, routes
from ingest_service.intake import Rules
from ingest_service.refusals import Refusals
from ingest_service.routes import Bus
from ingest_service.settings import IngestSettings
from shared import logs, signature
from shared.amqp.publisher import Publisher

log = logs.get(__name__)


def from_environment() -> Flask:
    """Return the application with a publisher of its own, for one worker process.

    Call it after the fork: a connection cannot be shared between processes.
    """
    settings = reloading.settings(os.environ)
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
    static = secrets if settings.webhook_allow_static_header else []
    rules = Rules(
        keys=signature.keys_of(secrets),
        tolerance=settings.webhook_tolerance_seconds,
        table=settings.submissions_table,
        static_secrets=[secret.encode() for secret in static],
    )
    refusals = Refusals(
        per_minute=settings.max_refused_per_minute, trusted=settings.trusted_proxies
    )
    deadline = settings.confirm_deadline_ms / 1000
    app.register_blueprint(
        routes.webhooks(
            bus,
            rules,
            refusals,
            confirm_deadline=deadline,
            max_body_bytes=settings.max_body_bytes,
        )
    )
    app.register_blueprint(routes.health(bus))
    app.before_request(_name_request)
    app.after_request(_tell_request_id)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    return app


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
