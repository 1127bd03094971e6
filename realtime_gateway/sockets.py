"""The handshake of a socket: which room, who is it, is there a seat?"""

from __future__ import annotations

import asyncio
import uuid

from aiohttp import WSMsgType, web

from realtime_gateway import protocol
from realtime_gateway.admission import Refusal, address_of
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.protocol import Auth
from realtime_gateway.session import Services, Session
from realtime_gateway.socket import Socket
from shared import logs
from shared.errors import Malformed

log = logs.get(__name__)

_ENDINGS = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}


class Sockets:
    """The handler of `/ws/...`; one call per connection.

    Refusals are told by close code, so the upgrade itself succeeds: browsers hide the
    status of a failed one.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open: set[Socket] = set()
        self.draining = False

    @property
    def open_count(self) -> int:
        """Return the open sockets, those that have not said who they are included."""
        return len(self._open)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it ends."""
        settings = self._services.settings
        ws = web.WebSocketResponse(
            heartbeat=settings.ping_interval_seconds,
            max_msg_size=protocol.MAX_CLIENT_MESSAGE_BYTES,
            compress=False,
        )
        transport = request.transport
        try:
            await ws.prepare(request)
        except ConnectionError:
            return ws  # gone before it began
        if not isinstance(transport, asyncio.Transport):
            return ws
        socket = Socket(ws, transport, max_buffer=settings.max_write_buffer_bytes)
        self._open.add(socket)
        try:
            await self._serve(request, socket)
        except Refusal as refusal:
            log.info("socket.refused", code=refusal.code.number, detail=str(refusal))
            socket.end(refusal.code)
            await socket.ended()
        finally:
            self._open.discard(socket)
            socket.let_go()
        return ws

    async def drain(self) -> None:
        """Send everyone away, whatever they are in the middle of, and wait for it."""
        self.draining = True
        sockets = list(self._open)
        for socket in sockets:
            socket.end(CloseCode.GOING_AWAY)
        await asyncio.gather(*(socket.ended() for socket in sockets))

    async def _serve(self, request: web.Request, socket: Socket) -> None:
        settings, hub = self._services.settings, self._services.hub
        if self.draining:
            raise Refusal(CloseCode.GOING_AWAY)
        if self.open_count > settings.max_connections:
            raise Refusal(CloseCode.TOO_MANY_CONNECTIONS)
        address = address_of(request.match_info["room"])
        auth = _auth_of_header(request) or await self._first_message(socket)
        if auth is None or socket.ended_by:
            return
        if not auth.token:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token was sent")
        try:
            async with asyncio.timeout(settings.auth_deadline_seconds):
                identity = await self._services.admission.identify(auth.token)
                seat = await self._services.admission.seat(address, identity)
        except TimeoutError:
            raise Refusal(CloseCode.GOING_AWAY, "who it is took too long") from None
        if hub.connections_of(identity.subject) >= settings.max_connections_per_user:
            raise Refusal(CloseCode.TOO_MANY_CONNECTIONS, "too many for one user")
        if socket.ended_by:
            return
        connection = Connection(
            socket,
            connection_id=uuid.uuid4().hex,
            seat=seat,
            subject=identity.subject,
        )
        session = Session(
            self._services, connection, address=address, identity=identity
        )
        await session.run(auth.since)

    async def _first_message(self, socket: Socket) -> Auth | None:
        try:
            async with asyncio.timeout(self._services.settings.auth_deadline_seconds):
                message = await socket.ws.receive()
        except TimeoutError:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token came in time") from None
        if message.type in _ENDINGS:
            return None
        if message.type is not WSMsgType.TEXT:
            raise Refusal(CloseCode.BAD_MESSAGE, "the first message was not text")
        try:
            first = protocol.read(message.data)
        except Malformed:
            detail = "the first message was not understood"
            raise Refusal(CloseCode.BAD_MESSAGE, detail) from None
        if not isinstance(first, Auth):
            raise Refusal(CloseCode.BAD_MESSAGE, "the first message was not auth")
        return first


def _auth_of_header(request: web.Request) -> Auth | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return Auth(token=token.strip(), since=request.query.get("since"))
