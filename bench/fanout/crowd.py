"""Very many clients in one process: they join, then count what they are sent.

Counting must cost less than sending, or the server would be measured waiting: sockets
are read straight from epoll, and bytes that a whole room hears are looked at once.
"""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.fanout.wire import (
    DEFLATE_OFFER,
    PONG,
    NotUnderstood,
    look,
    text_frame,
    upgrade_request,
)
from bench.latency import bucket_of

READ_BYTES = 32_768
#: Handshakes under way at once; below the servers' backlog of 128.
WAVE = 64
HANDSHAKE_DEADLINE = 30.0


class Refused(Exception):
    """A server did not let a client in, or sent it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Open so many connections; answered by Joined."""

    port: int
    path: str
    count: int
    token: str | None
    deflate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """All are in; it took so many seconds."""

    seconds: float


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
        for size in _waves(order.count):
            wave = [_knock(order) for _ in range(size)]
            heard = [_shake_hands(each, order.token) for each in wave]
            for each, data in zip(wave, heard, strict=True):
                rest = _welcomed(each, data)
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


def _waves(count: int) -> Iterator[int]:
    for begin in range(0, count, WAVE):
        yield min(WAVE, count - begin)


def _knock(order: Join) -> socket.socket:
    address = ("127.0.0.1", order.port)
    opened = socket.create_connection(address, HANDSHAKE_DEADLINE)
    headers = {"Sec-WebSocket-Extensions": DEFLATE_OFFER} if order.deflate else {}
    opened.sendall(upgrade_request(order.path, f"127.0.0.1:{order.port}", headers))
    return opened


def _shake_hands(opened: socket.socket, token: str | None) -> bytes:
    """Take the answer to the handshake, say who we are; return what came after it."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(opened)
    head, _, data = answer.partition(b"\r\n\r\n")
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise Refused(f"the answer to a handshake: {head[:200]!r}")
    if token is not None:
        # As a browser does it: the token is no header that stays with the socket.
        opened.sendall(text_frame(json.dumps({"type": "auth", "token": token})))
    return data


def _welcomed(opened: socket.socket, data: bytes) -> bytes:
    """Take the welcome, of which `data` has come already; return what came after."""
    while not (seen := look(data)).messages:
        if seen.close_code is not None:
            raise Refused(f"a server closed with {seen.close_code}")
        data += _some(opened)
    opened.setblocking(False)
    return seen.rest


def _some(opened: socket.socket) -> bytes:
    data = opened.recv(READ_BYTES)
    if not data:
        raise Refused("a server closed in mid-handshake")
    return data
