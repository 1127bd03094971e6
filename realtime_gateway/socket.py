"""One open WebSocket, whoever it belongs to: frames out, and an end with a code."""

from __future__ import annotations

import asyncio

from aiohttp import web

from realtime_gateway import frames
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.outlet import CLOSE_DEADLINE, Outlet

_PING = frames.frame(frames.FIN | frames.PING, b"")


class Socket(Outlet):
    """A prepared WebSocketResponse and its transport."""

    __slots__ = ("_closing", "ws")

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
        self._closing: asyncio.Task[None] | None = None

    def ping(self) -> None:
        """Send a ping frame."""
        self.write(_PING)

    def pong(self, payload: bytes) -> None:
        """Answer the peer's ping."""
        self.write(frames.frame(frames.FIN | frames.PONG, payload))

    @property
    def answers_pings(self) -> bool:
        """RFC 6455 asks for an answer."""
        return True

    def end(self, code: CloseCode) -> None:
        """Send a close frame with `code`."""
        if self.ended_by is None:
            self.ended_by = code
            self._closing = asyncio.create_task(self._close(code))

    async def ended(self) -> None:
        """Wait for a close that `end` began."""
        if self._closing is not None:
            await self._closing

    async def _close(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self.ws.close(code=code.number, message=code.reason.encode())
        except (TimeoutError, ConnectionError):
            self._transport.abort()
