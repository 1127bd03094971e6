"""Tell what became of a mail, as Mailgun does: JSON, signed, and again until taken.

Real retries come after 5, 10 and 15 minutes, 1, 2 and 4 hours, with the signature of
the first attempt; here they come 600 times as fast.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from devstack.mailgun.happenings import Happening
from shared import logs

log = logs.get(__name__)

#: Before the first attempt and after each further one, in seconds.
PAUSES = (0.3, 0.5, 1.0, 1.5, 6.0, 12.0, 24.0)
TIMEOUT = aiohttp.ClientTimeout(total=10)
MAX_WAITING = 10_000
MAX_IN_FLIGHT = 20
#: Attempts that are shown; a long run of tests looks at all of its own.
REMEMBERED = 20_000
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
    """Post what happens to mails to one address, in the background."""

    def __init__(self, url: str | None, key: str | None) -> None:
        self._url = url
        self._key = key
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: deque[Sent] = deque(maxlen=REMEMBERED)

    @property
    def waiting(self) -> int:
        """Return how many mails have something that is still to be told."""
        return len(self._tasks)

    def tell(self, happenings: Sequence[Happening]) -> None:
        """Tell what happens to one mail, in order; return at once."""
        if self._url is None or self._key is None or not happenings:
            return
        if len(self._tasks) >= MAX_WAITING:
            log.warning("webhook.dropped", happening_id=happenings[0]["id"])
            return
        task = asyncio.create_task(self._tell(self._url, self._key, happenings))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop; what is not told by then is not told."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tell(self, url: str, key: str, happenings: Sequence[Happening]) -> None:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            for happening in happenings:
                signed = signature(key, now=time.time())
                body = {"event-data": happening, "signature": signed}
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


def signature(key: str, *, now: float) -> dict[str, str]:
    """Return the signature of a webhook, which covers no more than time and token."""
    timestamp, token = str(int(now)), secrets.token_hex(25)
    text = f"{timestamp}{token}".encode()
    signed = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signed}
