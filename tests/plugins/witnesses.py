"""A client that follows the protocol, and remembers all that it was told.

It comes back after every end of its socket with the last id that it has seen, and
starts afresh where it is told that it has not recovered.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from shared.events import ChangeEvent, EmailEvent, Event, text_of
from tests.plugins.services import Process
from tests.plugins.sockets import Client

PAUSE = 0.05
DELAY = 0.5
WELCOME_DEADLINE = 30.0


@dataclass
class Stay:
    """What was told without a break, over many sockets, and was wanted.

    Everything of the room after the event `after` was to be told; `told` has the ids in
    the order of their arrival.
    """

    after: str | None
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Return:
    """One welcome: `since` was asked for, and the gateway was sure to know it."""

    gateway: int
    since: str | None
    recovered: bool
    known: bool


class Sightings:
    """Which events each gateway is sure to hold: what it told, and all before that."""

    def __init__(self) -> None:
        self._order: dict[str, int] = {}
        self._reach: dict[int, int] = {}
        self._confirmed = -1

    def publishing(self, event_id: str) -> None:
        """Note an event that is about to be published, in the order of the stream."""
        self._order[event_id] = len(self._order)

    def published(self, event_id: str) -> None:
        """Note that the broker has confirmed the event."""
        self._confirmed = self._order[event_id]

    def started(self, gateway: int) -> None:
        """Note that a gateway starts: first of all it reads the stream to its end."""
        self._reach[gateway] = self._confirmed

    def told(self, gateway: int, event_id: str | None) -> None:
        """Note that a gateway has told somebody of the event."""
        place = self._order.get(event_id or "", -1)
        self._reach[gateway] = max(self._reach.get(gateway, -1), place)

    def must_know(self, gateway: int, event_id: str | None) -> bool:
        """Tell whether a client that comes back with this id has to recover."""
        place = self._order.get(event_id or "")
        return place is not None and place <= self._reach.get(gateway, -1)


class Witness:
    """One client, at home at `gateways[place]`, or away."""

    def __init__(
        self,
        gateways: Sequence[Process],
        room: str,
        token: str,
        *,
        sightings: Sightings | None = None,
        owner: Collection[str] | None = None,
        wanted: Mapping[str, str] | None = None,
        wanted_at_once: bool = False,
    ) -> None:
        self.room = room
        self.stays: list[Stay] = []
        self.returns: list[Return] = []
        self.closes: list[int | None] = []
        self.since: str | None = None
        self.refused_with: int | None = None
        self.stale: set[str] = set()
        #: Told although the gateway had been asked to send nothing of the kind.
        self.unasked: list[str] = []
        self._gateways = gateways
        self._token = token
        self._sightings = sightings or Sightings()
        self._owner = owner
        self._wanted = dict(wanted or {})
        self._wanted_at_once = wanted_at_once
        self._filter_heard = False
        self._place = 0
        self._running: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    def go_to(self, place: int) -> None:
        """Stay connected, first there, then wherever somebody answers."""
        self._place = place % len(self._gateways)
        self._running = asyncio.create_task(self._stay_connected())

    def go_on(self, after: str) -> None:
        """Come to the first gateway with the id of the last event that was seen."""
        self.since = after
        self.stays.append(Stay(after=after))
        self.go_to(0)

    @property
    def told(self) -> list[str]:
        """Return all that was told, in the order of arrival."""
        return [each for stay in self.stays for each in stay.told]

    @property
    def recovered(self) -> bool:
        """Tell whether nothing was ever missed, as far as the gateways say."""
        return all(each.recovered for each in self.returns)

    def concerns(self, event: Event) -> bool:
        """Tell whether the witness has to be told: its room, and its own wishes."""
        if isinstance(event, EmailEvent):
            return self._owner is None
        assert isinstance(event, ChangeEvent)
        artist = event.data.artist_id
        if self._owner is not None and artist not in self._owner:
            return False
        status = text_of(event.data.record or {}, "status")
        return self._wants({"artist_id": artist, "status": status})

    async def leave(self, *, cleanly: bool = True) -> None:
        """Hang up: with a close frame, or by pulling the plug; frames go unread."""
        if self._running is None:
            return
        if not cleanly and self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._running.cancel()
        ended = await asyncio.gather(self._running, return_exceptions=True)
        self._running = None
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _stay_connected(self) -> None:
        while self.refused_with is None:
            gateway = self._gateways[self._place]
            code = None
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                code = await self._visit(gateway)
            if code is not None and 4000 <= code < 4100:
                self.refused_with = code
            self._place = (self._place + 1) % len(self._gateways)
            later = code is not None and 4100 <= code < 4200
            await asyncio.sleep(DELAY if later else PAUSE)

    async def _visit(self, gateway: Process) -> int | None:
        async with Client(gateway, self.room) as client:
            self._socket = client.ws.get_extra_info("socket")
            since = self.since
            known = self._sightings.must_know(gateway.port, since)
            await self._introduce(client, since)
            async with asyncio.timeout(WELCOME_DEADLINE):
                first = await client.ws.receive()
            if first.type is aiohttp.WSMsgType.TEXT:
                welcome = json.loads(first.data)
                self._welcomed(welcome, gateway, since, known=known)
                await self._ask(client)
                async for message in client.ws:
                    self._hear(json.loads(message.data), gateway)
            self.closes.append(client.ws.close_code)
            return client.ws.close_code

    async def _introduce(self, client: Client, since: str | None) -> None:
        auth: dict[str, Any] = {"type": "auth", "token": self._token, "since": since}
        self._filter_heard = self._wanted_at_once
        if self._wanted_at_once:
            auth["filter"] = self._wanted
        await client.say(auth)

    async def _ask(self, client: Client) -> None:
        if self._wanted and not self._wanted_at_once:
            await client.say({"type": "filter", **self._wanted})
            # Its answer tells that the filter has been heard.
            await client.say({"type": "ping"})

    def _welcomed(
        self, welcome: Any, gateway: Process, since: str | None, *, known: bool
    ) -> None:
        assert welcome["type"] == "welcome", welcome
        recovered = welcome["recovered"]
        self.returns.append(Return(gateway.port, since, recovered, known))
        self._sightings.told(gateway.port, welcome["last_event_id"])
        if not recovered:
            self.since = welcome["last_event_id"]
            self.stays.append(Stay(after=self.since))
        else:
            assert welcome["last_event_id"] == since, welcome

    def _hear(self, message: Any, gateway: Process) -> None:
        if message["type"] == "pong":
            self._filter_heard = True
            return
        self.since = message["id"]
        self._sightings.told(gateway.port, message["id"])
        data = message["data"]
        if message.get("stale"):
            assert data["stale"] is True, message
            self.stale.add(message["id"])
        if message["type"] == "email_update" or self._wants(data | data["new_data"]):
            self.stays[-1].told.append(message["id"])
        elif self._filter_heard:
            self.unasked.append(message["id"])

    def _wants(self, columns: Any) -> bool:
        return all(columns[name] == value for name, value in self._wanted.items())
