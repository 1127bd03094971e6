"""What one measurement says; data, and the sums that are made of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One server in one mode in one turn; processor time is the server's own."""

    server: str
    clients: int
    mode: str
    turn: int
    deliveries: int
    expected: int
    seconds: float
    cpu_us: float
    user_us: float
    client_us: float
    p50_ms: float
    p99_ms: float
    per_read: float
    payload_bytes: float

    @property
    def deliveries_a_second(self) -> float:
        """Return how fast it went, everything on the way included."""
        return self.deliveries / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What it cost a server to let everybody in, and to hold them."""

    server: str
    clients: int
    connects_a_second: float
    connect_cpu_us: float
    idle_kib: float
    after_kib: float = math.nan


def select(samples: Iterable[Sample], **wanted: object) -> list[Sample]:
    """Return the samples whose attributes are these."""
    return [
        sample
        for sample in samples
        if all(getattr(sample, name) == value for name, value in wanted.items())
    ]


def median(samples: Sequence[Sample], attribute: str) -> float:
    """Return the median over the turns."""
    return float(statistics.median(getattr(each, attribute) for each in samples))


def ratio(samples: Sequence[Sample], baseline: Sequence[Sample]) -> float | None:
    """Return the median over the turns of a server's cost by a baseline's.

    Turn by turn, since whatever else the machine does changes both alike.
    """
    costs = {sample.turn: sample.cpu_us for sample in baseline}
    ratios = [
        sample.cpu_us / costs[sample.turn]
        for sample in samples
        if costs.get(sample.turn)
    ]
    return statistics.median(ratios) if ratios else None
