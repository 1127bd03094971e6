"""Commits at a pace, and the frames that an admin's socket gets for them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Self

import aiohttp
import psycopg

from bench.outbox.ways import Pace

#: After the last commit, in seconds.
ARRIVAL_DEADLINE = 30.0
CHANGE = """
update public.submissions set rating = random(), updated_at = now()
where id = (select id from public.submissions order by random() limit 1)
"""
OWN = """
select event_id from melotech.webhook_outbox
where transaction_id = pg_current_xact_id()
"""


class NotDelivered(Exception):
    """A commit was not told, or told twice."""


class Listener:
    """An admin's socket, and when each event came."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._token = token
        self.arrived: dict[str, float] = {}
        self._news = asyncio.Event()
        self._twice: list[str] = []

    async def __aenter__(self) -> Self:
        """Join the room."""
        self._socket = await self._session.ws_connect(f"{self._url}/ws/admin")
        await self._socket.send_json({"type": "auth", "token": self._token})
        welcome = await self._socket.receive_json(timeout=ARRIVAL_DEADLINE)
        if welcome["type"] != "welcome":
            raise NotDelivered(f"the gateway says {welcome}")
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        self._listening.cancel()
        await self._socket.close()

    async def wait_for(self, names: list[str]) -> None:
        """Wait until all these events are there; raise NotDelivered."""
        try:
            async with asyncio.timeout(ARRIVAL_DEADLINE):
                while not all(name in self.arrived for name in names):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            lost = sum(name not in self.arrived for name in names)
            raise NotDelivered(f"{lost} of {len(names)} commits not told") from None
        if self._twice:
            raise NotDelivered(f"{len(self._twice)} events told twice")

    async def _listen(self) -> None:
        async for message in self._socket:
            now = time.perf_counter()
            told = json.loads(message.data)
            if told["type"] == "submission_update":
                if told["id"] in self.arrived:
                    self._twice.append(told["id"])
                self.arrived[told["id"]] = now
                self._news.set()


async def measure(dsn: str, listener: Listener, pace: Pace) -> list[float]:
    """Commit at this pace; return the milliseconds from each COMMIT to its frame."""
    committed: dict[str, float] = {}
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        for gap in pace.gaps():
            await asyncio.sleep(gap)
            await connection.execute(CHANGE)
            [(name,)] = await (await connection.execute(OWN)).fetchall()
            committed[name] = time.perf_counter()
            await connection.commit()
    await listener.wait_for(list(committed))
    return [(listener.arrived[name] - at) * 1000 for name, at in committed.items()]
