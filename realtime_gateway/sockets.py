"""The handshake of a socket: which room, who is it, is there a seat?"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import WSMsgType, hdrs, web

from realtime_gateway import deflate, frames, protocol
from realtime_gateway.access import bearer_token
from realtime_gateway.admission import Refusal, address_of
from realtime_gateway.api.problems import problem
from realtime_gateway.api.requests import request_id_of
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.protocol import Auth
from realtime_gateway.services import Services
from realtime_gateway.session import Session
from realtime_gateway.socket import ENDINGS, Socket
from shared import logs
from shared.errors import Malformed

log = logs.get(__name__)

#: What aiohttp reads of an upgrade.
HANDSHAKE = (
    hdrs.UPGRADE,
    hdrs.CONNECTION,
    hdrs.SEC_WEBSOCKET_VERSION,
    hdrs.SEC_WEBSOCKET_KEY,
)


class Sockets:
    """The handler of `/ws/...`; one call per connection.

    Refusals are told by close code, so the upgrade itself succeeds: browsers hide the
    status of a failed one. Only a storm of upgrades is answered before it, with 503.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it ends."""
        limits = self._services.limits
        address = limits.address_of(request)
        if not limits.allows_handshake(address):
            detail = "too many connections are being opened"
            headers = {"Retry-After": "1"}
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                detail,
                headers,
                request_id=request_id_of(request),
            )
        socket, response = await self._upgrade(request)
        if socket is None:
            return response
        self._services.drain.add(socket)
        limits.enter(address)
        try:
            session = await self._begin(request, socket, address)
            if session is not None:
                await session.run(request_id_of(request))
        except Refusal as refusal:
            log.info(
                "socket.refused",
                code=refusal.code.number,
                detail=str(refusal),
                request_id=request_id_of(request),
            )
            socket.end(refusal.code)
            await socket.hear_out()
        finally:
            limits.leave(address)
            self._services.drain.discard(socket)
            socket.let_go()
            self._services.hub.tally.count_end(socket.ended_by)
            if socket.ended_by is not None:
                limits.refused[str(socket.ended_by.number)] += 1
        return response

    async def _upgrade(
        self, request: web.Request
    ) -> tuple[Socket | None, web.StreamResponse]:
        settings, extensions = self._services.settings, hdrs.SEC_WEBSOCKET_EXTENSIONS
        offered = deflate.is_offered(request.headers.get(extensions))
        compress = settings.websocket_deflate and offered
        ws = web.WebSocketResponse(
            # Pings are heartbeat.py's: one timer for everybody.
            autoping=False,
            max_msg_size=settings.max_message_bytes,
            compress=compress,
        )
        transport = request.transport
        if compress:
            # aiohttp answers what was asked for, and must not agree to less.
            needed = {n: request.headers[n] for n in HANDSHAKE if n in request.headers}
            request = request.clone(headers=needed | {extensions: deflate.ANSWER})
        try:
            await ws.prepare(request)
        except web.HTTPException as error:
            detail = f"a WebSocket upgrade is needed here: {error.text or error.reason}"
            status, name = HTTPStatus(error.status), request_id_of(request)
            return None, problem(status, detail[:200], request_id=name)
        except ConnectionError:
            return None, ws  # gone before it began
        if transport is None:
            return None, ws
        encoding = frames.deflated_text if compress else frames.text
        limit = settings.max_write_buffer_bytes
        return Socket(ws, transport, encoding=encoding, max_buffer=limit), ws

    async def _begin(
        self, request: web.Request, socket: Socket, address: str | None
    ) -> Session | None:
        services = self._services
        if services.drain.closing:
            raise Refusal(CloseCode.GOING_AWAY)
        services.limits.check_connection(address)
        room = address_of(request.match_info["room"])
        auth = _auth_of_header(request) or await self._first_message(socket)
        if auth is None or socket.ended_by:
            return None
        if not auth.token:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token was sent")
        try:
            async with asyncio.timeout(services.settings.auth_deadline_seconds):
                identity = await services.admission.identify(auth.token)
                seat = await services.admission.seat(room, identity)
        except TimeoutError:
            raise Refusal(CloseCode.GOING_AWAY, "who it is took too long") from None
        services.limits.check_user(services.hub.connections_of(identity.subject))
        if socket.ended_by:
            return None
        connection = services.connect(
            socket, address=room, seat=seat, identity=identity, auth=auth
        )
        return Session(services, connection, socket, resumed=auth.since is not None)

    async def _first_message(self, socket: Socket) -> Auth | None:
        deadline = self._services.settings.auth_deadline_seconds
        try:
            async with asyncio.timeout(deadline):
                message = await socket.ws.receive()
                while message.type in {WSMsgType.PING, WSMsgType.PONG}:
                    message = await socket.ws.receive()
        except TimeoutError:
            raise Refusal(CloseCode.TOKEN_REFUSED, "no token came in time") from None
        if message.type in ENDINGS:
            self._services.limits.count_error(message.data)
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
    token = bearer_token(request.headers.get(hdrs.AUTHORIZATION, ""))
    if token is None:
        return None
    try:
        return protocol.auth_of(token, request.query)
    except Malformed as error:
        raise Refusal(CloseCode.BAD_MESSAGE, str(error)) from None
