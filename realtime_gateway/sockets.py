"""The handshake of a socket: which room, who is it, is there a seat?"""

from __future__ import annotations

import asyncio
import uuid

from aiohttp import WSMsgType, web

from realtime_gateway import protocol
from realtime_gateway.admission import Refusal, address_of
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection, close_socket
from realtime_gateway.protocol import Auth
from realtime_gateway.session import House, Session
from shared import logs
from shared.errors import Malformed

log = logs.get(__name__)


class Sockets:
    """The handler of `/ws/...`; one call per connection.

    Refusals are told by close code, so the upgrade itself succeeds: browsers hide the
    status of a failed one.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.open_count = 0
        self.draining = False

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it ends."""
        ws = web.WebSocketResponse(
            heartbeat=self._house.settings.ping_interval_seconds,
            max_msg_size=protocol.MAX_CLIENT_MESSAGE_BYTES,
            compress=False,
        )
        await ws.prepare(request)
        self.open_count += 1
        try:
            await self._serve(request, ws)
        except Refusal as refusal:
            log.info("socket.refused", code=refusal.code.number, detail=str(refusal))
            await close_socket(ws, refusal.code, request.transport)
        finally:
            self.open_count -= 1
        return ws

    async def _serve(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        settings = self._house.settings
        if self.draining:
            raise Refusal(CloseCode.GOING_AWAY)
        if self.open_count > settings.max_connections:
            raise Refusal(CloseCode.TOO_MANY_CONNECTIONS)
        address = address_of(request.match_info["room"])
        auth = _auth_of_header(request) or await self._first_message(ws)
        if not auth.token:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token was sent")
        identity = await self._house.admission.identify(auth.token)
        seat = await self._house.admission.seat(address, identity)
        held = self._house.hub.rooms.connections_of(identity.subject)
        if held >= settings.max_connections_per_user:
            raise Refusal(CloseCode.TOO_MANY_CONNECTIONS, "too many for one user")
        transport = request.transport
        if not isinstance(transport, asyncio.Transport):
            return  # the client is gone already
        connection = Connection(
            ws,
            transport,
            connection_id=uuid.uuid4().hex,
            seat=seat,
            subject=identity.subject,
            max_buffer=settings.max_write_buffer_bytes,
        )
        session = Session(
            self._house, ws, connection, address=address, identity=identity
        )
        await session.run(auth.since)

    async def _first_message(self, ws: web.WebSocketResponse) -> Auth:
        try:
            async with asyncio.timeout(self._house.settings.auth_deadline_seconds):
                message = await ws.receive()
        except TimeoutError:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token came in time") from None
        if message.type is not WSMsgType.TEXT:
            raise Refusal(CloseCode.BAD_MESSAGE, "the first message must be text")
        try:
            first = protocol.read(message.data)
        except Malformed as error:
            raise Refusal(CloseCode.BAD_MESSAGE, str(error)) from error
        if not isinstance(first, Auth):
            raise Refusal(CloseCode.BAD_MESSAGE, "the first message must be auth")
        return first


def _auth_of_header(request: web.Request) -> Auth | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return Auth(token=token.strip(), since=request.query.get("since"))
