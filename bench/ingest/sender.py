"""Send one request over and over, in a process of its own, and count the answers.

Sending must cost less than answering, or the sender would be measured: the request is
bytes from the start, sockets are read straight from epoll.
"""

from __future__ import annotations

import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.ingest.http11 import NotUnderstood, answer
from bench.ingest.loads import Load
from bench.latency import bucket_of

READ_BYTES = 65_536
ACCEPTED = 202
#: A request that is not answered for so long ends the run, in seconds.
ANSWER_DEADLINE = 20.0
#: Each connection sends so many requests before anything is measured.
WARM_UP = 2
#: More connections than this are not opened for requests that are due.
MOST_CONNECTIONS = 256


class Unanswered(Exception):
    """A server left requests without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Open the connections of a load and warm them up; answered by Connected."""

    port: int
    request: bytes
    load: Load


@dataclass(frozen=True, slots=True)
class Connected:
    """So many requests were accepted so far."""

    accepted: int


@dataclass(frozen=True, slots=True)
class Fire:
    """Send for so many seconds; answered by Tally, then all connections close."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Leave:
    """End."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was answered: 202s, other statuses, from the first to the last."""

    accepted: int
    others: Counter[int]
    seconds: float
    cpu_seconds: float
    latencies: Counter[int]


Order = Connect | Fire | Leave


def run(orders: Connection) -> None:
    """Serve orders until Leave, or until whoever gives them is gone; a process."""
    with suppress(EOFError, KeyboardInterrupt):
        try:
            while not isinstance(order := orders.recv(), Leave):
                assert isinstance(order, Connect)
                sender = Sender(order)
                sender.warm_up()
                orders.send(Connected(sender.accepted))
                fire = orders.recv()
                assert isinstance(fire, Fire)
                orders.send(sender.fire(fire.seconds))
        except (NotUnderstood, OSError, Unanswered) as error:
            orders.send(error)


@dataclass(slots=True, eq=False)
class _Line:
    """A connection, open or to be opened with its next request."""

    socket: socket.socket | None = None
    due: int = 0
    heard: bytes = b""


@dataclass(slots=True)
class Sender:
    """The connections of one load."""

    order: Connect
    accepted: int = 0
    others: Counter[int] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)
    _lines: list[_Line] = field(default_factory=list)
    _waiting: dict[int, _Line] = field(default_factory=dict)
    _poll: select.epoll = field(default_factory=select.epoll)

    def warm_up(self) -> None:
        """Open the connections; let the server meet them."""
        self._lines = [_Line() for _ in range(self.order.load.connections)]
        for _ in range(WARM_UP):
            self._batch()

    def fire(self, seconds: float) -> Tally:
        """Send for about so many seconds, wait for the last answer, disconnect."""
        accepted, cpu = self.accepted, time.process_time()
        self.others.clear()
        self.latencies.clear()
        started = time.perf_counter()
        self._way()(started + seconds)
        ended = time.perf_counter()
        for line in self._lines:
            self._hang_up(line)
        return Tally(
            accepted=self.accepted - accepted,
            others=self.others,
            seconds=ended - started,
            cpu_seconds=time.process_time() - cpu,
            latencies=self.latencies,
        )

    def _way(self) -> Callable[[float], None]:
        if self.order.load.per_second:
            return self._paced
        return self._batches if self.order.load.batches else self._back_to_back

    def _back_to_back(self, until: float) -> None:
        self._send_all(self._lines)
        while self._waiting:
            answered = self._answered(ANSWER_DEADLINE)
            if time.perf_counter() < until:
                self._send_all(answered)

    def _batches(self, until: float) -> None:
        while time.perf_counter() < until:
            self._batch()

    def _batch(self) -> None:
        self._send_all(self._lines)
        while self._waiting:
            self._answered(ANSWER_DEADLINE)

    def _paced(self, until: float) -> None:
        step = 1_000_000_000 // self.order.load.per_second
        due, last = time.perf_counter_ns(), int(until * 1e9)
        free = list(self._lines)
        while self._waiting or due < last:
            while due < last and due <= time.perf_counter_ns():
                line = free.pop() if free else self._one_more()
                if line is None:
                    break
                self._send(line, due)
                due += step
            pause = (due - time.perf_counter_ns()) / 1e9
            # epoll counts milliseconds, select microseconds.
            select.select([self._poll], [], [], min(max(pause, 0.0), 0.1))
            free += self._answered(0)

    def _one_more(self) -> _Line | None:
        if len(self._lines) >= MOST_CONNECTIONS:
            self._answered(ANSWER_DEADLINE)
            return None
        self._lines.append(_Line())
        return self._lines[-1]

    def _send_all(self, lines: Sequence[_Line]) -> None:
        for line in lines:
            self._send(line, time.perf_counter_ns())

    def _send(self, line: _Line, due: int) -> None:
        opened = line.socket or self._open(line)
        line.due = due
        self._waiting[opened.fileno()] = line
        sent = opened.send(self.order.request)
        assert sent == len(self.order.request), "a request fits into an empty socket"

    def _open(self, line: _Line) -> socket.socket:
        opened = socket.create_connection(
            ("127.0.0.1", self.order.port), ANSWER_DEADLINE
        )
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(opened.fileno(), select.EPOLLIN)
        line.socket = opened
        return opened

    def _hang_up(self, line: _Line) -> None:
        if line.socket is not None:
            self._poll.unregister(line.socket.fileno())
            line.socket.close()
            line.socket = None

    def _answered(self, timeout: float) -> list[_Line]:
        """Return the connections that have their answers and may send again."""
        events = self._poll.poll(timeout)
        if timeout and not events:
            raise Unanswered(f"{len(self._waiting)} requests, for {timeout} s")
        answered = (self._read(self._waiting[fd]) for fd, _ in events)
        return [line for line in answered if line is not None]

    def _read(self, line: _Line) -> _Line | None:
        assert line.socket is not None
        data = line.socket.recv(READ_BYTES)
        now = time.perf_counter_ns()
        if not data:
            raise Unanswered("a server closed a connection instead")
        line.heard += data
        told = answer(line.heard)
        if told is None:
            return None
        line.heard = b""
        del self._waiting[line.socket.fileno()]
        if told.status == ACCEPTED:
            self.accepted += 1
        else:
            self.others[told.status] += 1
        self.latencies[bucket_of(now - line.due)] += 1
        if told.closes:
            self._hang_up(line)
        return line
