"""Post each change as pg_net does from the signing trigger: once, signed, no retry.

The bytes of a request are those that devstack.pgnet writes.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from devstack.pgnet import wire
from devstack.supabase import jsonb
from devstack.supabase.store import Change
from shared import logs, signature

log = logs.get(__name__)

#: As pg_net: a batch of 200, all at once, each with 5 seconds.
MAX_IN_FLIGHT = 200
TIMEOUT = 5.0
MAX_WAITING = 10_000
REMEMBERED = 50
USER_AGENT = "pg_net/0.20.4"


@dataclass(frozen=True, slots=True)
class Sent:
    """What the page shows of a webhook."""

    at: datetime
    operation: str
    title: str
    answer: str


class Webhooks:
    """Send changes of `submissions` to one address, in the background."""

    def __init__(self, url: str | None, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: deque[Sent] = deque(maxlen=REMEMBERED)

    def send(self, change: Change) -> None:
        """Send the change, if it is one that the webhook is for; return at once."""
        if self._url is None or change.table != "submissions":
            return
        if len(self._tasks) >= MAX_WAITING:
            log.warning("webhook.dropped", sequence=change.sequence)
            return
        task = asyncio.create_task(self._deliver(self._url, change))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give what is under way its time, then stop."""
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=TIMEOUT)
            for task in late:
                task.cancel()

    async def _deliver(self, url: str, change: Change) -> None:
        async with self._slots:
            request = request_bytes(url, change, self._secret, now=datetime.now(UTC))
            try:
                async with asyncio.timeout(TIMEOUT):
                    answer = await _post(url, request)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                answer = type(error).__name__
        row = change.record or change.old_record or {}
        title = str(row.get("title"))
        self.sent.appendleft(Sent(datetime.now(UTC), change.operation, title, answer))
        log.info("webhook.sent", sequence=change.sequence, answer=answer)


def request_bytes(url: str, change: Change, secret: str, *, now: datetime) -> bytes:
    """Return the whole request, byte for byte as pg_net writes it."""
    payload = {
        "type": change.operation,
        "table": change.table,
        "schema": "public",
        "record": change.record,
        "old_record": change.old_record,
    }
    if change.user_id is not None:
        payload["user_id"] = change.user_id
    body = jsonb.text_of(payload)
    headers = trigger_headers(body, change.sequence, secret, now=now)
    return wire.request_bytes(url, headers, body.encode(), USER_AGENT)


def trigger_headers(
    body: str, sequence: int, secret: str, *, now: datetime
) -> dict[str, str]:
    """Return the headers that the signing trigger gives to net.http_post."""
    standard = secret.startswith(signature.STANDARD_PREFIX)
    key = signature.keys_of([secret])[-1 if standard else 0]
    webhook_id = f"msg_{uuid.uuid4().hex}"
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(webhook_id, now, body),
        "X-Signature": signature.sign_plain(body.encode(), key),
        "X-Change-Sequence": str(sequence),
    }


async def _post(url: str, request: bytes) -> str:
    parts = urlsplit(url)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=secure, limit=65_536
    )
    try:
        writer.write(request)
        await writer.drain()
        status = (await reader.readuntil(b"\r\n")).decode("latin-1").split()
        return status[1] if len(status) > 1 else "no status"
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
        return "no answer"
    finally:
        writer.close()
