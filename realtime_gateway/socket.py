"""One open WebSocket, whoever it belongs to: frames out, and an end with a code."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from realtime_gateway import frames
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.outlet import CLOSE_DEADLINE, Outlet

#: What `receive` returns when nothing more will come.
ENDINGS = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}

_PING = frames.frame(frames.FIN | frames.PING, b"")


class Socket(Outlet):
    """A prepared WebSocketResponse and its transport."""

    __slots__ = ("_deadline", "ws")

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        *,
        encoding: frames.Encoding,
        max_buffer: int,
    ) -> None:
        super().__init__(transport, encoding=encoding, max_buffer=max_buffer)
        self.ws = ws
        self._deadline: asyncio.TimerHandle | None = None

    def ping(self) -> None:
        """Send a ping frame."""
        self.write(_PING)

    def pong(self, payload: bytes) -> None:
        """Answer the peer's ping."""
        self.answer(frames.frame(frames.FIN | frames.PONG, payload))

    @property
    def answers_pings(self) -> bool:
        """RFC 6455 asks for an answer."""
        return True

    def end(self, code: CloseCode) -> None:
        """Send a close frame with `code`; whoever reads goes on until the peer's own.

        aiohttp's close would drop the connection at once where somebody reads, and the
        peer might lose our code with it.
        """
        if self.ended_by is not None:
            return
        payload = code.number.to_bytes(2, "big") + code.reason.encode()
        self.write(frames.frame(frames.FIN | frames.CLOSE, payload))
        self.ended_by = code
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(CLOSE_DEADLINE, self.transport.abort)

    async def hear_out(self) -> None:
        """Read until the peer has closed too; what it still says counts for nothing."""
        while (await self.ws.receive()).type not in ENDINGS:
            continue

    def let_go(self) -> None:
        """Make sure that nothing of it stays, once its handler is done."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().let_go()
