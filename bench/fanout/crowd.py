"""Very many clients in one process: they join, then count what they are sent.

Counting must cost less than sending, or the server would be measured waiting: sockets
are read straight from epoll, and bytes that a whole room hears are looked at once.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.fanout.joining import READ_BYTES, Join, Joined, Refused, let_in
from bench.fanout.wire import PONG, NotUnderstood, look
from bench.latency import bucket_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitTotal:
    """Answer with Tally once so many deliveries came in all, or after the deadline."""

    deliveries: int
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came: `deliveries` since the beginning, the rest since the last Tally."""

    deliveries: int
    reads: int
    payload_bytes: int
    cpu_seconds: float
    latencies: Counter[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Close all connections and end."""


Order = Join | AwaitTotal | Leave


def run(orders: Connection) -> None:
    """Serve orders until Leave, or until whoever gives them is gone; a process."""
    crowd = _Crowd(orders)
    with suppress(EOFError, KeyboardInterrupt):
        try:
            crowd.serve()
        except (Refused, NotUnderstood, OSError) as error:
            orders.send(error)


@dataclass(slots=True)
class _Crowd:
    orders: Connection
    sockets: list[socket.socket] = field(default_factory=list)
    rests: dict[int, bytes] = field(default_factory=dict)
    poll: select.epoll = field(default_factory=select.epoll)
    awaited: AwaitTotal | None = None
    until: float = 0.0
    deliveries: int = 0
    reads: int = 0
    payload_bytes: int = 0
    cpu: float = field(default_factory=time.process_time)
    latencies: Counter[int] = field(default_factory=Counter)

    def serve(self) -> None:
        control = self.orders.fileno()
        self.poll.register(control, select.EPOLLIN)
        while True:
            pause = max(0.0, self.until - time.monotonic()) if self.awaited else None
            for fd, _ in self.poll.poll(pause):
                if fd != control:
                    self._read(fd)
                elif not self._obey(self.orders.recv()):
                    return
            self._answer_if_due()

    def _obey(self, order: Order) -> bool:
        if isinstance(order, Leave):
            for each in self.sockets:
                each.close()
            return False
        if isinstance(order, Join):
            self.orders.send(self._join(order))
        else:
            self.awaited = order
            self.until = time.monotonic() + order.deadline
        return True

    def _join(self, order: Join) -> Joined:
        started = time.perf_counter()
        for each, rest in let_in(order):
            self.sockets.append(each)
            self.rests[each.fileno()] = rest
            self.poll.register(each.fileno(), select.EPOLLIN)
        return Joined(seconds=time.perf_counter() - started)

    def _read(self, fd: int) -> None:
        data = os.read(fd, READ_BYTES)
        now = time.time_ns()
        if not data:
            raise Refused("a server closed a connection")
        rest = self.rests[fd]
        seen = look(rest + data if rest else data)
        if rest or seen.rest:
            self.rests[fd] = seen.rest
        if seen.pings:
            os.write(fd, PONG * seen.pings)
        if seen.close_code is not None:
            raise Refused(f"a server closed with {seen.close_code}")
        if seen.deliveries:
            self.reads += 1
            self.deliveries += seen.deliveries
            self.payload_bytes += seen.payload_bytes
            # All that one read brought counts as late as the oldest of it.
            self.latencies[bucket_of(now - seen.oldest)] += seen.deliveries

    def _answer_if_due(self) -> None:
        if self.awaited is None:
            return
        if self.deliveries >= self.awaited.deliveries or time.monotonic() > self.until:
            self.awaited = None
            cpu = time.process_time()
            self.orders.send(
                Tally(
                    deliveries=self.deliveries,
                    reads=self.reads,
                    payload_bytes=self.payload_bytes,
                    cpu_seconds=cpu - self.cpu,
                    latencies=self.latencies,
                )
            )
            self.reads = self.payload_bytes = 0
            self.cpu = cpu
            self.latencies = Counter()
