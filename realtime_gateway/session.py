"""A connection from its welcome to its end: catching up, hearing, expiring."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import dataclass

from aiohttp import WSMessage, WSMsgType

from realtime_gateway import protocol
from realtime_gateway.access import Address, Identity
from realtime_gateway.admission import Admission, Refusal
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.feed import Feed
from realtime_gateway.hub import Hub
from realtime_gateway.protocol import Auth, Error, Filter, Ping, Pong, Welcome
from realtime_gateway.settings import GatewaySettings
from realtime_gateway.throttle import Throttle
from shared import logs
from shared.errors import Malformed

log = logs.get(__name__)

#: How long a client waits for a gateway that still reads the stream, in seconds.
CATCH_UP_DEADLINE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every session works with."""

    settings: GatewaySettings
    admission: Admission
    hub: Hub
    feed: Feed


class Session:
    """An authenticated connection; `run` returns when its socket is closed."""

    def __init__(
        self,
        services: Services,
        connection: Connection,
        *,
        address: Address,
        identity: Identity,
    ) -> None:
        self._services = services
        self._connection = connection
        self._address = address
        self._identity = identity
        self._expiry: asyncio.TimerHandle | None = None
        rate = services.settings.max_messages_per_second
        self._throttle = Throttle(rate, now=time.monotonic())

    async def run(self, since: str | None) -> None:
        """Welcome the client, send what it missed, then serve it; raise Refusal."""
        started = time.monotonic()
        socket, hub = self._connection.socket, self._services.hub
        hub.admit(self._connection)
        self._expire_at(self._identity.expires_at)
        try:
            await self._begin(since)
            log.info(
                "socket.joined",
                connection_id=self._connection.connection_id,
                room=self._connection.seat.room.partition(":")[0],
                resumed=since is not None,
            )
            async for message in socket.ws:
                await self._hear(message)
                if socket.ended_by is not None:
                    # Were we reading, aiohttp would not wait for the client's own
                    # close, and what it still sends would cost it our code.
                    break
        finally:
            if self._expiry:
                self._expiry.cancel()
            hub.leave(self._connection)
            await socket.ended()
            log.info(
                "socket.left",
                connection_id=self._connection.connection_id,
                code=socket.ws.close_code,
                seconds=round(time.monotonic() - started, 1),
            )

    async def _begin(self, since: str | None) -> None:
        hub = self._services.hub
        try:
            async with asyncio.timeout(CATCH_UP_DEADLINE):
                await self._services.feed.caught_up.wait()
        except TimeoutError:
            detail = "this gateway still reads the stream"
            raise Refusal(CloseCode.GOING_AWAY, detail) from None
        position = None if since is None else await hub.position_of(since)
        if position is None:
            self._welcome(recovered=False, after=hub.last_event_id)
            hub.join(self._connection)
            return
        self._welcome(recovered=True, after=since)
        try:
            await hub.catch_up(self._connection, position)
        except sqlite3.Error as error:
            # It comes back, and is told that it has not recovered.
            raise Refusal(CloseCode.GOING_AWAY, "no history to read") from error

    def _welcome(self, *, recovered: bool, after: str | None) -> None:
        welcome = Welcome(
            connection_id=self._connection.connection_id,
            room=self._connection.seat.room,
            recovered=recovered,
            last_event_id=after,
            ping_interval=self._services.settings.ping_interval_seconds,
            token_expires_in=max(0, int(self._identity.expires_at - time.time())),
        )
        self._connection.socket.send(protocol.write(welcome))

    def _expire_at(self, moment: float) -> None:
        if self._expiry:
            self._expiry.cancel()
        self._expiry = asyncio.get_running_loop().call_later(
            max(0.0, moment - time.time()), self._end, CloseCode.TOKEN_EXPIRED
        )

    def _end(self, code: CloseCode) -> None:
        self._services.hub.leave(self._connection)
        self._connection.socket.end(code)

    async def _hear(self, message: WSMessage) -> None:
        if not self._throttle.allow(time.monotonic()):
            self._end(CloseCode.TOO_MANY_MESSAGES)
            return
        if message.type is not WSMsgType.TEXT:
            self._complain("text messages only")
            return
        try:
            said = protocol.read(message.data)
        except Malformed as error:
            self._complain(str(error))
            return
        if isinstance(said, Ping):
            self._connection.socket.send(protocol.write(Pong()))
        elif isinstance(said, Filter):
            self._connection.filter = said
        elif isinstance(said, Auth):
            await self._refresh(said.token)

    async def _refresh(self, token: str) -> None:
        try:
            identity = await self._services.admission.identify(token)
            if identity.subject != self._identity.subject:
                raise Refusal(CloseCode.NOT_YOUR_ROOM, "another user's token")
            await self._services.admission.seat(self._address, identity)
        except Refusal as refusal:
            log.info("token.refused", code=refusal.code.number, detail=str(refusal))
            if refusal.code is CloseCode.GOING_AWAY:
                # Nobody can say that it is bad; the old one holds until it expires.
                self._complain("the token cannot be checked now: send it again")
            else:
                self._end(refusal.code)
            return
        self._identity = identity
        self._expire_at(identity.expires_at)
        self._welcome(recovered=True, after=self._services.hub.last_event_id)

    def _complain(self, text: str) -> None:
        error = Error(code="bad_message", message=text[:200])
        self._connection.socket.send(protocol.write(error))
