"""Who must not be told anything: they try what opens nothing, again and again."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from contextlib import suppress

import aiohttp

from tests.chaos.clients import DEADLINE, LATER
from tests.chaos.streams import headers_of
from tests.chaos.world import Door
from tests.plugins.sockets import Client


class Stranger:
    """One who tries; `heard` is whatever came but a refusal."""

    def __init__(self, doors: Sequence[Door], token: str, *, name: str) -> None:
        self.heard: list[str] = []
        self.tries = 0
        self._doors = itertools.cycle(doors)
        self._token = token
        self._name = name

    async def run(self) -> None:
        """Try until cancelled."""
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(DEADLINE):
                    await self._try(next(self._doors))
            await asyncio.sleep(LATER)

    async def _try(self, door: Door) -> None:
        raise NotImplementedError


class SocketStranger(Stranger):
    """One who tries to get into a room."""

    def __init__(
        self, doors: Sequence[Door], token: str, *, room: str, name: str
    ) -> None:
        super().__init__(doors, token, name=f"{name} in {room}")
        self._room = room

    async def _try(self, door: Door) -> None:
        async with Client(door, self._room) as client:
            self.tries += 1
            await client.auth(self._token)
            async for message in client.ws:
                told = json.loads(message.data)
                self.heard.append(f"{self._name} at {door.name}: {told['type']}")


class Asker(Stranger):
    """One who asks for what is not theirs."""

    def __init__(
        self, doors: Sequence[Door], token: str, *, path: str, name: str
    ) -> None:
        super().__init__(doors, token, name=f"{name} at {path}")
        self._path = path

    async def _try(self, door: Door) -> None:
        headers = headers_of(self._token) | {"Accept": "text/event-stream"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(door.url + self._path, headers=headers) as answer,
        ):
            self.tries += 1
            if answer.ok:
                self.heard.append(f"{self._name} at {door.name}: {answer.status}")
