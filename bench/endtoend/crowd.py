"""A whole room in one process: the moment at which each change came to each socket.

As in the fan-out's crowd, sockets are read straight from epoll, and bytes that the
whole room hears are looked at once.
"""

from __future__ import annotations

import os
import select
import socket
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.fanout.joining import READ_BYTES, Join, Joined, Refused, let_in
from bench.fanout.wire import PONG, NotUnderstood, look

#: Without a further frame, in seconds.
STALL_DEADLINE = 30.0


class NotTold(Exception):
    """A socket was told too little, or something twice, or what was never committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Take so many changes, numbered from `first` on; answered by Heard or NotTold."""

    first: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """For each change the moments of its arrivals, in monotonic nanoseconds."""

    arrivals: list[array[int]]
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Close all connections and end."""


def run(orders: Connection) -> None:
    """Serve orders until Leave, or until whoever gives them is gone; a process."""
    crowd = _Crowd(orders)
    with suppress(EOFError, KeyboardInterrupt):
        try:
            crowd.serve()
        except (NotTold, NotUnderstood, OSError, Refused) as error:
            orders.send(error)


@dataclass(slots=True)
class _Crowd:
    orders: Connection
    sockets: list[socket.socket] = field(default_factory=list)
    rests: dict[int, bytes] = field(default_factory=dict)
    poll: select.epoll = field(default_factory=select.epoll)
    listen: Listen | None = None
    arrivals: list[array[int]] = field(default_factory=list)
    #: What each socket has heard: how many, and the sum of their numbers.
    counts: dict[int, int] = field(default_factory=dict)
    sums: dict[int, int] = field(default_factory=dict)
    missing: int = 0
    cpu: float = 0.0
    moved: float = 0.0

    def serve(self) -> None:
        control = self.orders.fileno()
        self.poll.register(control, select.EPOLLIN)
        while True:
            for fd, _ in self.poll.poll(STALL_DEADLINE if self.listen else None):
                if fd != control:
                    self._read(fd)
                elif not self._obey(self.orders.recv()):
                    return
            self._answer_if_due()

    def _obey(self, order: Join | Listen | Leave) -> bool:
        match order:
            case Leave():
                for each in self.sockets:
                    each.close()
                return False
            case Join():
                self._join(order)
            case Listen():
                self.listen, self.moved = order, time.monotonic()
                self.arrivals = [array("q") for _ in range(order.count)]
                self.counts = dict.fromkeys(self.rests, 0)
                self.sums = dict.fromkeys(self.rests, 0)
                self.missing = order.count * len(self.sockets)
                self.cpu = time.process_time()
        return True

    def _join(self, order: Join) -> None:
        started = time.perf_counter()
        for each, rest in let_in(order):
            self.sockets.append(each)
            self.rests[each.fileno()] = rest
            self.poll.register(each.fileno(), select.EPOLLIN)
        self.orders.send(Joined(seconds=time.perf_counter() - started))

    def _read(self, fd: int) -> None:
        data = os.read(fd, READ_BYTES)
        now = time.monotonic_ns()
        if not data:
            raise Refused("the gateway closed a connection")
        rest = self.rests[fd]
        seen = look(rest + data if rest else data)
        if rest or seen.rest:
            self.rests[fd] = seen.rest
        if seen.pings:
            os.write(fd, PONG * seen.pings)
        if seen.close_code is not None:
            raise Refused(f"the gateway closed with {seen.close_code}")
        if seen.moments:
            self._note(fd, seen.moments, now)

    def _note(self, fd: int, numbers: tuple[int, ...], now: int) -> None:
        first = self.listen.first if self.listen else 0
        for number in numbers:
            place = number - first
            if self.listen is None or not 0 <= place < len(self.arrivals):
                raise NotTold(f"change {number} came when it was not awaited")
            self.arrivals[place].append(now)
        self.counts[fd] += len(numbers)
        self.sums[fd] += sum(numbers)
        self.missing -= len(numbers)
        self.moved = time.monotonic()

    def _answer_if_due(self) -> None:
        if self.listen is None:
            return
        if self.missing > 0 and time.monotonic() - self.moved < STALL_DEADLINE:
            return
        self._check(self.listen)
        spent = time.process_time() - self.cpu
        self.orders.send(Heard(arrivals=self.arrivals, cpu_seconds=spent))
        self.listen, self.arrivals = None, []

    def _check(self, due: Listen) -> None:
        """Everyone has heard each change once, or it raises NotTold."""
        total = due.count * (2 * due.first + due.count - 1) // 2
        odd = [
            fd
            for fd in self.rests
            if (self.counts[fd], self.sums[fd]) != (due.count, total)
        ]
        uneven = sum(len(each) != len(self.sockets) for each in self.arrivals)
        if odd or uneven:
            raise NotTold(
                f"{len(odd)} of {len(self.sockets)} sockets and {uneven} of {due.count}"
                f" changes with too few frames or too many, {self.missing} missing"
            )
