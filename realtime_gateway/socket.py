"""One open WebSocket, whoever it belongs to: frames out, and an end with a code.

Frames go to the transport as they are. aiohttp writes each of its own frames (pings,
close) in one piece too, so the two never mix. Compression is off: a shared frame is the
same for everyone.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.frames import text_frame

#: A peer that does not answer our close frame is cut off after this, in seconds.
CLOSE_DEADLINE = 5.0
#: A transport's own pause and resume belong to aiohttp, so its buffer is asked.
DRAIN_POLL = 0.02
#: A client that takes nothing at all for so long is too slow, in seconds.
DRAIN_DEADLINE = 20.0


class Socket:
    """A prepared WebSocketResponse and its transport; the first `end` decides."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        *,
        max_buffer: int,
    ) -> None:
        self.ws = ws
        self.ended_by: CloseCode | None = None
        self._transport = transport
        self._max_buffer = max_buffer
        self._closing: asyncio.Task[None] | None = None

    def send(self, payload: bytes) -> None:
        """Send one JSON message to this client alone."""
        self.send_frame(text_frame(payload))

    def send_frame(self, frame: bytes) -> None:
        """Hand over a ready frame; a client that does not keep up is closed."""
        if self.ended_by or self._transport.is_closing():
            return
        self._transport.write(frame)
        if self._transport.get_write_buffer_size() > self._max_buffer:
            self.end(CloseCode.TOO_SLOW)

    async def room_to_send(self) -> None:
        """Return when little waits to be taken, or the socket has ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN_DEADLINE
        while not self._gone() and self._backlog() > self._max_buffer // 4:
            if loop.time() > deadline:
                self.end(CloseCode.TOO_SLOW)
            await asyncio.sleep(DRAIN_POLL)

    def end(self, code: CloseCode) -> None:
        """Close the socket with `code`; what is sent afterwards goes nowhere."""
        if self.ended_by is None:
            self.ended_by = code
            self._closing = asyncio.create_task(self._close(code))

    async def ended(self) -> None:
        """Wait for a close that `end` began."""
        if self._closing is not None:
            await self._closing

    def let_go(self) -> None:
        """Make sure that nothing of it stays, once its handler is done.

        A graceful close waits for the peer to take what is buffered, which a stalled
        one never does.
        """
        if self._backlog() > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_DEADLINE, self._transport.abort)

    async def _close(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self.ws.close(code=code.number, message=code.reason.encode())
        except (TimeoutError, ConnectionError):
            self._transport.abort()

    def _gone(self) -> bool:
        return self.ended_by is not None or self._transport.is_closing()

    def _backlog(self) -> int:
        return self._transport.get_write_buffer_size()
