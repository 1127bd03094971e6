"""Tell what became of a mail, as Mailgun does: JSON, signed, and again until taken.

Real retries come after 5, 10 and 15 minutes, 1, 2 and 4 hours, with the signature of
the first attempt; here they come 600 times as fast.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from http import HTTPStatus
from typing import Any

import aiohttp

from devstack.mailgun.fates import Fate, events_of
from shared import logs

log = logs.get(__name__)

#: Before the first attempt and after each further one, in seconds.
PAUSES = (0.3, 0.5, 1.0, 1.5, 6.0, 12.0, 24.0)
TIMEOUT = aiohttp.ClientTimeout(total=10)
MAX_WAITING = 10_000
MAX_IN_FLIGHT = 20
REMEMBERED = 200
#: 200 is success and 406 is "never again".
DONE = {HTTPStatus.OK, HTTPStatus.NOT_ACCEPTABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is shown of a webhook: the event, of which mail, and what was answered."""

    event: str
    message_id: str
    attempt: int
    answer: str


class Webhooks:
    """Post the events of mails to one address, in the background."""

    def __init__(self, url: str | None, key: str | None, *, domain: str) -> None:
        self._url = url
        self._key = key
        self._domain = domain
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: deque[Sent] = deque(maxlen=REMEMBERED)

    def tell(self, message: Mapping[str, Any], fate: Fate) -> None:
        """Tell what becomes of a mail that was taken; return at once."""
        if self._url is None or self._key is None:
            return
        if len(self._tasks) >= MAX_WAITING:
            log.warning("webhook.dropped", message_id=message["id"])
            return
        task = asyncio.create_task(self._tell(self._url, self._key, message, fate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop; what is not told by then is not told."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tell(
        self, url: str, key: str, message: Mapping[str, Any], fate: Fate
    ) -> None:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            for _, recipient in getaddresses([message["to"]]):
                for facts in events_of(fate, recipient):
                    body = webhook(message, recipient, facts, domain=self._domain)
                    body["signature"] = signature(key, now=time.time())
                    await self._deliver(session, url, body)

    async def _deliver(
        self, session: aiohttp.ClientSession, url: str, body: dict[str, Any]
    ) -> None:
        event = body["event-data"]
        for attempt, pause in enumerate(PAUSES, start=1):
            await asyncio.sleep(pause)
            answer = await self._post(session, url, body)
            sent = Sent(
                event=event["event"],
                message_id=event["message"]["headers"]["message-id"],
                attempt=attempt,
                answer=str(answer),
            )
            self.sent.appendleft(sent)
            log.info("webhook.sent", told=sent.event, attempt=attempt, answer=answer)
            if answer in DONE:
                return

    async def _post(
        self, session: aiohttp.ClientSession, url: str, body: dict[str, Any]
    ) -> int | str:
        try:
            async with (
                self._slots,
                session.post(url, json=body, allow_redirects=False) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__


def webhook(
    message: Mapping[str, Any], recipient: str, facts: Mapping[str, Any], *, domain: str
) -> dict[str, Any]:
    """Return the body of a webhook but for its signature."""
    quoted = json.dumps(recipient)[1:-1]
    told = json.loads(json.dumps(facts).replace("{recipient}", quoted))
    return {
        "event-data": {
            "id": secrets.token_urlsafe(16),
            "timestamp": time.time(),
            "account": {"id": "1234567890303a4bd1f33898"},
            "domain": {"name": domain},
            "recipient": recipient,
            "recipient-domain": recipient.rpartition("@")[2],
            "message": {
                "headers": {
                    "message-id": message["id"].strip("<>"),
                    "from": message["from"],
                    "to": message["to"],
                    "subject": message["subject"],
                },
                "attachments": [],
                "size": len(message["text"]) + len(message["html"]),
            },
            "flags": {"is-authenticated": True, "is-test-mode": False},
            "tags": message["tags"],
            "user-variables": message["variables"],
            **told,
        }
    }


def signature(key: str, *, now: float) -> dict[str, str]:
    """Return the signature of a webhook, which covers no more than time and token."""
    timestamp, token = str(int(now)), secrets.token_hex(25)
    text = f"{timestamp}{token}".encode()
    signed = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signed}
