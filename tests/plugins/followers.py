"""A client that follows the close codes and goes on where it was, at whoever lives."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from tests.plugins.edge import Edge
from tests.plugins.services import Process
from tests.plugins.sockets import Client
from tests.plugins.stack import Stack

PAUSE = 0.1
#: Close codes from here on say: come back at once.
AT_ONCE = 4200
#: Close codes from here up to AT_ONCE say: come back later; those below, never.
LATER = 4100


class Follower:
    """Hears a room for as long as it runs; each new connection is at the next door."""

    def __init__(
        self, doors: Sequence[Process | Stack | Edge], room: str, token: str
    ) -> None:
        self._doors = itertools.cycle(doors)
        self._room = room
        self._token = token
        self.since: str | None = None
        self.heard: list[str] = []
        self.closes: list[int | None] = []
        self.lost_the_thread = False

    async def run(self) -> None:
        """Listen until cancelled, or until told never to come back."""
        while True:
            code = None
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with Client(next(self._doors), self._room) as client:
                    code = await self._listen(client)
                    self.closes.append(code)
            if code is None or code < LATER:
                assert not 4000 <= (code or 0) < LATER, code
                await asyncio.sleep(PAUSE)
            elif code < AT_ONCE:
                await asyncio.sleep(PAUSE * 5)

    async def _listen(self, client: Client) -> int | None:
        await client.auth(self._token, since=self.since)
        async for message in client.ws:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._hear(json.loads(message.data))
        return client.ws.close_code

    def _hear(self, told: dict[str, Any]) -> None:
        if told["type"] == "welcome":
            if self.since is None:
                self.since = told["last_event_id"]
            elif not told["recovered"]:
                self.lost_the_thread = True
        elif "id" in told:
            self.heard.append(told["id"])
            self.since = told["id"]
