"""Where a connection's messages go: a transport that takes ready bytes, or is behind.

Bytes are handed to the transport as they are. Whatever else writes to it (aiohttp's
own close frames, the end of a body) does so in one piece too, so the two never mix.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.frames import Encoding

#: A peer that does not answer our close, or take what is buffered, is cut off after
#: this, in seconds.
CLOSE_DEADLINE = 5.0


class Outlet:
    """The sending half of a connection; the first `end` decides how it ends."""

    __slots__ = (
        "backlog_at_ping",
        "encoding",
        "ended_by",
        "heard",
        "max_buffer",
        "transport",
    )
    #: What the client talks to us by.
    medium: ClassVar[str] = "websocket"

    def __init__(
        self, transport: asyncio.Transport, *, encoding: Encoding, max_buffer: int
    ) -> None:
        self.encoding = encoding
        self.ended_by: CloseCode | None = None
        #: Whether the peer has said anything since the last ping.
        self.heard = True
        self.backlog_at_ping = 0
        self.transport = transport
        #: How many bytes may wait.
        self.max_buffer = max_buffer

    def write(self, data: bytes) -> bool:
        """Hand over ready bytes; False: the buffer is full now, hold back the next."""
        transport = self.transport
        if self.ended_by is not None or transport.is_closing():
            return True
        transport.write(data)
        return transport.get_write_buffer_size() <= self.max_buffer

    def send(self, payload: bytes) -> None:
        """Send one JSON message to this client alone."""
        self.answer(self.encoding(None, payload))

    def answer(self, data: bytes) -> None:
        """Send ready bytes that were asked for; who never takes them is closed."""
        if not self.write(data) and self.backlog > 2 * self.max_buffer:
            self.end(CloseCode.TOO_SLOW)

    @property
    def backlog(self) -> int:
        """Return how many bytes wait to be taken."""
        return self.transport.get_write_buffer_size()

    @property
    def gone(self) -> bool:
        """Tell whether nothing more can be sent."""
        return self.ended_by is not None or self.transport.is_closing()

    def ping(self) -> None:
        """Make the peer show that it is there, where the protocol has a way."""
        raise NotImplementedError

    @property
    def answers_pings(self) -> bool:
        """Tell whether a peer that is there answers."""
        raise NotImplementedError

    def end(self, code: CloseCode) -> None:
        """Close with `code`; what is sent afterwards goes nowhere."""
        raise NotImplementedError

    def cut(self) -> None:
        """Drop the connection without a word: nobody is there to hear it."""
        self.transport.abort()

    def let_go(self) -> None:
        """Make sure that nothing of it stays, once its handler is done.

        A graceful close waits for the peer to take what is buffered, which a stalled
        one never does.
        """
        if self.backlog > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_DEADLINE, self.transport.abort)
