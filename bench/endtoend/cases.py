"""What is measured: a way, so many changes a second, so many sockets; data."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench.outbox.ways import Way

#: What a case must have at least: seconds, and changes.
SECONDS, CHANGES = 15.0, 60
#: Ahead of what counts, in seconds.
WARM_UP = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Changes at random moments, `rate` a second on average, one transaction each."""

    way: Way
    rate: float
    sockets: int
    seconds: float
    warm_up: float = WARM_UP

    def moments(self) -> Iterator[float]:
        """Yield the second of each change, from the begin of the warm-up on."""
        at = random.expovariate(self.rate)
        while at < self.warm_up + self.seconds:
            yield at
            at += random.expovariate(self.rate)


def case(
    way: Way,
    *,
    rate: float,
    sockets: int,
    seconds: float = SECONDS,
    changes: int = CHANGES,
    warm_up: float = WARM_UP,
) -> Case:
    """Return a case that lasts as long as it must."""
    lasting = max(seconds, changes / rate)
    return Case(way=way, rate=rate, sockets=sockets, seconds=lasting, warm_up=warm_up)
