"""One open socket as the rooms see it: a seat, a filter, a transport to write to."""

from __future__ import annotations

import asyncio

from aiohttp import web

from realtime_gateway.access import Seat
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.frames import text_frame
from realtime_gateway.protocol import Filter
from shared import logs
from shared.events import ChangeEvent, Event, text_of

log = logs.get(__name__)

#: A peer that does not answer our close frame is cut off after this, in seconds.
CLOSE_DEADLINE = 5.0
#: A transport's own pause and resume belong to aiohttp, so its buffer is asked.
DRAIN_POLL = 0.02


class Connection:
    """A member of a room. Frames go to the transport as they are.

    aiohttp writes each of its own frames (pings, close) in one piece too, so the two
    never mix. Compression is off: a shared frame is the same for everyone.
    """

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        *,
        connection_id: str,
        seat: Seat,
        subject: str,
        max_buffer: int,
    ) -> None:
        self.connection_id = connection_id
        self.seat = seat
        self.subject = subject
        self.filter: Filter | None = None
        self.ended_by: CloseCode | None = None
        self._ws = ws
        self._transport = transport
        self._max_buffer = max_buffer
        self._closing: asyncio.Task[None] | None = None

    def wants(self, event: Event) -> bool:
        """Tell whether the client's filter lets the event through."""
        if self.filter is None or not isinstance(event, ChangeEvent):
            return True
        row = event.data.record or event.data.old_record or {}
        wanted = (self.filter.artist_id, self.filter.status)
        actual = (event.data.artist_id, text_of(row, "status"))
        return all(w is None or w == a for w, a in zip(wanted, actual, strict=True))

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

    async def drained(self) -> None:
        """Wait until the client has taken most of what was sent, or is gone."""
        while (  # noqa: ASYNC110
            not self.ended_by
            and not self._transport.is_closing()
            and self._transport.get_write_buffer_size() > self._max_buffer // 4
        ):
            await asyncio.sleep(DRAIN_POLL)

    def end(self, code: CloseCode) -> None:
        """Close the socket with `code`; what is sent afterwards goes nowhere."""
        if self.ended_by is None:
            self.ended_by = code
            self._closing = asyncio.create_task(self._close(code))

    async def closed(self) -> None:
        """Wait for a close that `end` began."""
        if self._closing is not None:
            await self._closing

    async def _close(self, code: CloseCode) -> None:
        await close_socket(self._ws, code, self._transport)


async def close_socket(
    ws: web.WebSocketResponse, code: CloseCode, transport: asyncio.BaseTransport | None
) -> None:
    """Send the close frame and wait for the peer's, within the deadline."""
    try:
        async with asyncio.timeout(CLOSE_DEADLINE):
            await ws.close(code=code.number, message=code.reason.encode())
    except (TimeoutError, ConnectionError):
        log.debug("socket.cut", code=code.number)
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        transport.abort()
