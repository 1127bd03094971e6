"""Thousands of changes of some hundred rows, sent the ways that databases send them.

As the SQL pack pushes: each request under its id again until it is answered 202. As
bare pg_net does: once. And as an outbox keeps them, for the relay to read.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp
from standardwebhooks import Webhook

from tests.chaos.history import Sent
from tests.chaos.rows import Made, Rows
from tests.chaos.world import Door
from tests.plugins.services import SECRET
from tests.plugins.webhooks import JSON, UPDATE

#: How long an answer is waited for, and between two attempts at first and at last.
TIMEOUT = 5.0
FIRST_DELAY, LAST_DELAY = 0.5, 2.0
#: Requests under way; nothing new is sent while so many are.
AT_ONCE = 200
#: What a sender is told for a while: come again. The clock of a service may be wrong
#: by hours, so that no signature holds.
TEMPORARY = frozenset({401, 408, 429, 500, 502, 503, 504})


class Traffic:
    """What is sent, with what was answered; `way` is `push` or `bare`.

    `odd` has answers that no sender may get.
    """

    def __init__(
        self,
        door: Door,
        *,
        way: str,
        seed: int,
        rows: int,
        artists: Sequence[str],
        per_second: float,
    ) -> None:
        self.way = way
        self.sent: list[Sent] = []
        self.odd: list[str] = []
        self._url = door.url + UPDATE
        self._dice = random.Random(f"{seed} {way}")
        self._rows = Rows(way, self._dice, count=rows, artists=artists)
        self._pause = 1 / per_second
        self._ended = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._webhook = Webhook(SECRET)

    @property
    def waiting(self) -> int:
        """Return how many requests are under way, or wait for their next attempt."""
        return len(self._under_way)

    def end(self) -> None:
        """Send nothing new."""
        self._ended.set()

    async def give_up(self) -> None:
        """End what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def run(self) -> None:
        """Send until told to end, at a steady pace."""
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout
        ) as session:
            due = time.monotonic()
            while not self._ended.is_set():
                due += self._pause
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if len(self._under_way) < AT_ONCE:
                    task = asyncio.create_task(self._send(session, self._rows.next()))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
            while self._under_way:
                await asyncio.wait(self._under_way)

    async def _send(self, session: aiohttp.ClientSession, made: Made) -> None:
        self.sent.append(made.sent)
        body = json.dumps(made.payload).encode()
        delay = FIRST_DELAY
        while not await self._attempt(session, made.sent, body):
            if self.way == "bare":
                return
            await asyncio.sleep(delay * self._dice.uniform(0.5, 1))
            delay = min(2 * delay, LAST_DELAY)

    async def _attempt(
        self, session: aiohttp.ClientSession, sent: Sent, body: bytes
    ) -> bool:
        """Tell whether it need not be sent again."""
        now = datetime.now(UTC)
        headers = JSON | {
            "webhook-id": sent.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(sent.id, now, body.decode()),
            "x-change-sequence": str(sent.sequence),
        }
        try:
            async with session.post(self._url, data=body, headers=headers) as answer:
                status = answer.status
                await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        sent.accepted = status == 202
        if not sent.accepted and status not in TEMPORARY:
            self.odd.append(f"{sent.id} was answered {status}")
            return True
        return sent.accepted
