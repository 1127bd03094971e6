"""One client of Server-Sent Events: the same messages, for who cannot use sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from realtime_gateway import frames, protocol
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.outlet import Outlet

#: How often it is seen whether the client is still there, in seconds.
LOOK_INTERVAL = 1.0

_COMMENT = frames.chunk(b": still here\n\n")


class EventStream(Outlet):
    """A chunked answer that goes on until one side ends it."""

    __slots__ = ("_over",)
    medium = "sse"

    def __init__(self, transport: asyncio.Transport, *, max_buffer: int) -> None:
        super().__init__(
            transport, encoding=frames.server_sent_event, max_buffer=max_buffer
        )
        self._over = asyncio.Event()

    def ping(self) -> None:
        """Send a comment, so that nobody on the way takes the silence for an end."""
        self.write(_COMMENT)

    @property
    def answers_pings(self) -> bool:
        """Nothing comes back on an answer."""
        return False

    def end(self, code: CloseCode) -> None:
        """Tell the code as a last message; the body ends with the handler."""
        if self.ended_by is None:
            closing = protocol.Closing(code=code.number, reason=code.reason)
            self.write(self.encoding(None, protocol.write(closing)))
            self.ended_by = code
            self._over.set()

    async def over(self) -> None:
        """Wait for the end, whoever makes it: nobody tells when the client has gone."""
        while not self._over.is_set() and not self.transport.is_closing():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), LOOK_INTERVAL)
