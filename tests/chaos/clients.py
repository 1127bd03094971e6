"""Clients that follow the protocol wherever they get in: what all have, and sockets.

A client comes back after every end of its connection, to whichever gateway is next,
with the last id that it was told.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from tests.chaos.history import Listening, Visit
from tests.chaos.world import Door
from tests.plugins.sockets import Client

PAUSE, LATER = 0.1, 0.5
#: For a handshake and a welcome: a gateway that hangs is left after it.
DEADLINE = 8.0
#: A gateway that says nothing for so long is asked whether it is still there.
QUIET = 5.0
TOKEN_REFUSED = 4001
#: Close codes from 4000 on are for good, from here on for a while, from the next on
#: for a moment.
FOR_A_WHILE, FOR_A_MOMENT = 4100, 4200

#: Whether a gateway's answer is explained by what was done to it.
Excuse = Callable[[str], bool]


class Listener:
    """One client; `is_excused` tells of a gateway that its clock may be wrong."""

    def __init__(
        self,
        doors: Sequence[Door],
        token: str,
        *,
        listening: Listening,
        is_excused: Excuse,
    ) -> None:
        self.listening = listening
        self.since: str | None = None
        self._doors = itertools.cycle(doors)
        self._token = token
        self._is_excused = is_excused

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            door, code = next(self._doors), None
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                code = await self._visit(door)
            if code is not None and self._is_unexpected(code, door):
                self.listening.refusals.append(f"{code} by {door.name}")
            later = code is not None and code < FOR_A_MOMENT
            await asyncio.sleep(LATER if later else PAUSE)

    def _is_unexpected(self, code: int, door: Door) -> bool:
        """Tell whether a close for good has no reason; a wrong clock is one."""
        is_final = 4000 <= code < FOR_A_WHILE
        return is_final and not (code == TOKEN_REFUSED and self._is_excused(door.name))

    async def _visit(self, door: Door) -> int | None:
        """Listen at the door for as long as it goes; return the close code."""
        raise NotImplementedError

    def _welcomed(self, door: Door, welcome: dict[str, Any]) -> Visit:
        assert welcome["type"] == "welcome", welcome
        visit = Visit(
            gateway=door.name,
            since=self.since,
            recovered=welcome["recovered"],
            after=welcome["last_event_id"],
        )
        self.listening.visits.append(visit)
        self.since = welcome["last_event_id"]
        return visit


class SocketListener(Listener):
    """One with a socket in a room."""

    def __init__(
        self,
        doors: Sequence[Door],
        token: str,
        *,
        room: str,
        listening: Listening,
        is_excused: Excuse,
    ) -> None:
        super().__init__(doors, token, listening=listening, is_excused=is_excused)
        self._room = room

    async def _visit(self, door: Door) -> int | None:
        async with asyncio.timeout(DEADLINE) as deadline:
            async with Client(door, self._room) as client:
                await client.auth(self._token, since=self.since)
                first = await client.ws.receive()
                if first.type is aiohttp.WSMsgType.TEXT:
                    deadline.reschedule(None)
                    visit = self._welcomed(door, json.loads(first.data))
                    await self._hear(client, visit)
                return client.ws.close_code

    async def _hear(self, client: Client, visit: Visit) -> None:
        """Hear until the socket ends, or the other side no longer answers."""
        asked = False
        while True:
            try:
                message = await client.ws.receive(QUIET)
            except TimeoutError:
                if asked:
                    return
                await client.say({"type": "ping"})
                asked = True
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            asked = False
            told = json.loads(message.data)
            if "id" in told:
                visit.told.append(told["id"])
                self.since = told["id"]
