"""A Mailgun that answers after exactly so long, as cheaply as it can, and counts.

Its own process. It looks at the processors' clocks itself when the tenth part of the
mails has come and when the tenth part is still to come: what lies between is measured.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.programs import cpu_seconds

HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_EVENT = re.compile(rb"(?:^|&)v%3Aevent_id=([^&]*)")
_BODY = b'{"id":"<1@bench>","message":"Queued. Thank you."}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)
#: The measured part of the mails.
FIRST, LAST = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Listening:
    """It takes mails on this port."""

    port: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Count anew: so many mails, one for each event, and what they cost `pids`."""

    mails: int
    pids: Sequence[int]


@dataclass(frozen=True, slots=True)
class HowMany:
    """Say how far it is."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Go."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the monotonic clock, and processor seconds by process."""

    at: float
    cpu: Sequence[float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The measured part."""

    mails: int
    first: Moment
    last: Moment


@dataclass(frozen=True, slots=True)
class Progress:
    """Events whose mail came, mails that came again, the stretch once it is over."""

    events: int
    twice: int
    stretch: Stretch | None


class Tally:
    """What came since the last `Begin`."""

    def __init__(self, begin: Begin) -> None:
        self._pids = begin.pids
        self._places = int(begin.mails * FIRST), int(begin.mails * LAST)
        self._seen: set[bytes] = set()
        self._moments: list[Moment] = []
        self._twice = 0

    def note(self, event: bytes) -> None:
        """Count one mail."""
        if event in self._seen:
            self._twice += 1
            return
        self._seen.add(event)
        if len(self._seen) in self._places:
            costs = [cpu_seconds([pid]) for pid in self._pids]
            self._moments.append(Moment(time.monotonic(), costs))

    def progress(self) -> Progress:
        """Return how far it is."""
        first, last = self._places
        over = len(self._moments) == len(self._places)
        stretch = Stretch(last - first, *self._moments) if over else None
        return Progress(len(self._seen), self._twice, stretch)


class Server:
    """The port's side of it."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.tally = Tally(Begin(mails=0, pids=()))

    def accept(self) -> asyncio.Protocol:
        """Return what serves a connection."""
        return _Client(self)


class _Client(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(HEAD_END)
        length = _LENGTH.search(head + b"\r\n")
        if not found or length is None or len(rest) < int(length[1]):
            return
        self._buffer = rest[int(length[1]) :]
        event = _EVENT.search(rest)
        self._server.tally.note(event[1] if event else b"")
        self._loop.call_later(self._server.latency, self._answer)

    def _answer(self) -> None:
        self._transport.write(_ANSWER)


class Serve:
    """`Remote` runs it: take mails, answer after `latency` seconds, obey."""

    def __init__(self, latency: float) -> None:
        self._latency = latency

    def __call__(self, orders: Connection) -> None:
        """Serve until told to go."""
        asyncio.run(self._serve(orders))

    async def _serve(self, orders: Connection) -> None:
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self._latency)
        port = await loop.create_server(server.accept, "127.0.0.1", 0)
        loop.add_reader(orders.fileno(), lambda: _obey(orders, server, gone))
        orders.send(Listening(port.sockets[0].getsockname()[1]))
        await gone.wait()


def _obey(orders: Connection, server: Server, gone: asyncio.Event) -> None:
    match orders.recv():
        case Begin() as begin:
            server.tally = Tally(begin)
        case HowMany():
            orders.send(server.tally.progress())
        case Leave():
            gone.set()
