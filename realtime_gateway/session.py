"""What a client says on its socket, and what is done about it."""

from __future__ import annotations

import time

from aiohttp import WSMessage, WSMsgType

from realtime_gateway import protocol
from realtime_gateway.admission import Refusal
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.protocol import Auth, Error, Filter, Ping, Pong, Wanted
from realtime_gateway.services import Services
from realtime_gateway.socket import ENDINGS, Socket
from shared import logs
from shared.errors import Malformed
from shared.throttle import Throttle

log = logs.get(__name__)


class Session:
    """An admitted socket; `run` returns when it is closed."""

    __slots__ = (
        "_connection",
        "_resumed",
        "_services",
        "_socket",
        "_started",
        "_throttle",
    )  # fmt: skip

    def __init__(
        self,
        services: Services,
        connection: Connection,
        socket: Socket,
        *,
        resumed: bool,
    ) -> None:
        self._services = services
        self._connection = connection
        self._socket = socket
        self._resumed = resumed
        self._started = time.monotonic()
        rate = services.settings.max_messages_per_second
        self._throttle = Throttle(rate, now=self._started)

    async def run(self, request_id: str) -> None:
        """Hear the client until it is gone, or we are done with it."""
        self._log("socket.joined", resumed=self._resumed, request_id=request_id)
        try:
            while (message := await self._socket.ws.receive()).type not in ENDINGS:
                if self._socket.ended_by is None:
                    await self._hear(message)
            self._services.limits.count_error(message.data)
        finally:
            self._services.disconnect(self._connection)
            self._log(
                "socket.left",
                code=self._code(),
                seconds=round(time.monotonic() - self._started, 1),
            )

    async def _hear(self, message: WSMessage) -> None:
        self._socket.heard = True
        if not self._throttle.allow(time.monotonic()):
            self._services.limits.refused["messages"] += 1
            self._end(CloseCode.TOO_MANY_MESSAGES)
        elif message.type is WSMsgType.PING:
            self._socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            await self._read(message.data)
        elif message.type is not WSMsgType.PONG:
            self._complain("text messages only")

    async def _read(self, text: str) -> None:
        try:
            said = protocol.read(text)
        except Malformed as error:
            self._complain(str(error))
            return
        match said:
            case Ping():
                self._socket.send(protocol.write(Pong()))
            case Filter():
                self._services.hub.want(self._connection, _wanted(said))
            case Auth():
                await self._refresh(said.token)

    async def _refresh(self, token: str) -> None:
        services, connection = self._services, self._connection
        try:
            identity = await services.admission.identify(token)
            if identity.subject != connection.identity.subject:
                raise Refusal(CloseCode.NOT_YOUR_ROOM, "another user's token")
            await services.admission.seat(connection.address, identity)
        except Refusal as refusal:
            log.info("token.refused", code=refusal.code.number, detail=str(refusal))
            if refusal.code is CloseCode.GOING_AWAY:
                # Nobody can say that it is bad; the old one holds until it expires.
                self._complain("the token cannot be checked now: send it again")
            else:
                self._end(refusal.code)
            return
        connection.identity = identity
        services.expiry.watch(connection)
        services.arrivals.welcome_again(connection)

    def _end(self, code: CloseCode) -> None:
        self._services.disconnect(self._connection)
        self._socket.end(code)

    def _code(self) -> int | None:
        ended_by = self._socket.ended_by
        return ended_by.number if ended_by else self._socket.ws.close_code

    def _complain(self, text: str) -> None:
        error = Error(code="bad_message", message=text[:200])
        self._socket.send(protocol.write(error))

    def _log(self, event: str, **facts: object) -> None:
        connection = self._connection
        log.info(
            event,
            connection_id=connection.connection_id,
            room=connection.seat.kind,
            **facts,
        )


def _wanted(said: Filter) -> Wanted:
    return Wanted(
        artist_id=said.artist_id, status=said.status, submission_id=said.submission_id
    )
