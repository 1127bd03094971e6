"""The plain way: Flask on sync workers, one blocking publish and confirm a request."""

from __future__ import annotations

import json
import os
from typing import Any

import pika
import pika.exceptions
from flask import Flask, Response, jsonify, request

from bench.ingest.webhook import PATH, encoded, event_of, is_signed
from shared.events import CONTENT_TYPE
from shared.topology import EXCHANGE


class Publisher:
    """A connection that is opened when it is needed, and again when it is gone."""

    def __init__(self, url: str) -> None:
        self._parameters = pika.URLParameters(url)
        self._channel: Any = None

    def publish(self, event: dict[str, Any]) -> None:
        """Return when the broker has confirmed; raise pika's AMQPError."""
        try:
            self._publish(event)
        except pika.exceptions.AMQPConnectionError:
            # An idle worker answers no heartbeats, so the broker hangs up on it.
            self._channel = None
            self._publish(event)

    def _publish(self, event: dict[str, Any]) -> None:
        if self._channel is None or self._channel.is_closed:
            self._channel = pika.BlockingConnection(self._parameters).channel()
            self._channel.confirm_delivery()
        self._channel.basic_publish(
            exchange=EXCHANGE,
            routing_key=event["type"],
            body=encoded(event),
            properties=pika.BasicProperties(
                content_type=CONTENT_TYPE,
                delivery_mode=pika.DeliveryMode.Persistent.value,
                message_id=event["id"],
            ),
            mandatory=True,
        )


def create_app() -> Flask:
    """Return the application, with a connection of its own."""
    app = Flask(__name__)
    secret = os.environ["WEBHOOK_SECRET"]
    publisher = Publisher(os.environ["RABBITMQ_URL"])

    @app.post(PATH)
    def take() -> tuple[Response, int]:
        body = request.get_data()
        if not is_signed(body, request.headers.get("X-Signature", ""), secret):
            return jsonify(error="wrong signature"), 401
        event = event_of(json.loads(body))
        try:
            publisher.publish(event)
        except pika.exceptions.AMQPError as error:
            return jsonify(error=type(error).__name__), 503
        return jsonify(status="accepted", event_id=event["id"]), 202

    @app.get("/ready")
    def show_ready() -> Response:
        return jsonify(status="ready")

    return app
