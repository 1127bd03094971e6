"""Webhooks for the ingest service: made, sent, and looked for on the bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
import requests
from standardwebhooks import Webhook

from tests.plugins.services import SECRET, Process, signed

UPDATE = "/webhook/submission-update"
STATUS = "/webhook/submission-status-update"
JSON = {"Content-Type": "application/json"}


def payload(**columns: object) -> dict[str, Any]:
    """Return what Supabase sends of a new row."""
    row = {"id": "s-1", "userid": "u-1", "title": "T", "status": "pending"} | columns
    return {"type": "INSERT", "table": "submissions", "record": row, "old_record": None}


def encoded(body: object) -> bytes:
    """Return the bytes of a body."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def post(
    service: Process,
    body: object,
    *,
    path: str = UPDATE,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Send a webhook, signed unless `headers` are given."""
    body = encoded(body)
    return requests.post(
        service.url + path,
        data=body,
        headers=signed(body) if headers is None else headers,
        timeout=10,
        allow_redirects=False,
    )


def standard_headers(
    body: bytes,
    *,
    webhook_id: str = "msg_of_the_sender",
    prefix: str = "webhook",
    age: timedelta = timedelta(0),
    secret: str = SECRET,
) -> dict[str, str]:
    """Return the headers of Standard Webhooks as the official library signs them."""
    at = datetime.now(UTC) - age
    return JSON | {
        f"{prefix}-id": webhook_id,
        f"{prefix}-timestamp": str(int(at.timestamp())),
        f"{prefix}-signature": Webhook(secret).sign(webhook_id, at, body.decode()),
    }


def take(bus_url: str, queue: str) -> Any:
    """Take one message: method, properties, body; None where there is none."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    try:
        method, properties, body = connection.channel().basic_get(queue, auto_ack=True)
        return method and (method, properties, body)
    finally:
        connection.close()
