"""The clients of one server, in processes of their own, at the driver's command."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

from bench.fanout.crowd import AwaitTotal, Leave, Order, Tally, run
from bench.fanout.joining import Join, Joined
from bench.remote import GOODBYE_DEADLINE, Remote

#: A handshake costs the slowest server well below this, in seconds.
JOIN_DEADLINE_EACH = 0.02
JOIN_DEADLINE_AT_LEAST = 30.0

T = TypeVar("T")


class Audience:
    """Connect, wait for deliveries, leave; raises what a crowd's process raised."""

    def __init__(self, processes: int) -> None:
        self._crowds = [Remote(run) for _ in range(processes)]

    def join(
        self, count: int, *, port: int, path: str, token: str | None, deflate: bool
    ) -> float:
        """Open `count` connections; return the seconds that it took."""
        shares = [
            count // len(self._crowds) + (place < count % len(self._crowds))
            for place in range(len(self._crowds))
        ]
        joins = [
            Join(port=port, path=path, count=share, token=token, deflate=deflate)
            for share in shares
        ]
        self._say(joins)
        deadline = max(JOIN_DEADLINE_AT_LEAST, count * JOIN_DEADLINE_EACH)
        self._shares = shares
        return max(each.seconds for each in self._hear(Joined, deadline))

    def expect(self, messages: int, deadline: float) -> None:
        """Ask to be told when everyone has got so many messages in all."""
        self._say(
            [
                AwaitTotal(deliveries=messages * share, deadline=deadline)
                for share in self._shares
            ]
        )

    def tally(self, deadline: float) -> Tally:
        """Return what came, once that is all that was expected or time is up."""
        told = self._hear(Tally, deadline + GOODBYE_DEADLINE)
        return Tally(
            deliveries=sum(each.deliveries for each in told),
            reads=sum(each.reads for each in told),
            payload_bytes=sum(each.payload_bytes for each in told),
            cpu_seconds=sum(each.cpu_seconds for each in told),
            latencies=sum((each.latencies for each in told), Counter()),
        )

    def leave(self) -> None:
        """Close all connections, end the processes."""
        for crowd in self._crowds:
            crowd.dismiss(Leave())
        for crowd in self._crowds:
            crowd.join()

    def __enter__(self) -> Self:
        """Let it go at the end, come what may."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self.leave()

    def _say(self, orders: Sequence[Order]) -> None:
        for crowd, order in zip(self._crowds, orders, strict=True):
            crowd.say(order)

    def _hear(self, kind: type[T], deadline: float) -> list[T]:
        until = time.monotonic() + deadline
        return [
            crowd.hear(kind, max(0.0, until - time.monotonic()))
            for crowd in self._crowds
        ]
