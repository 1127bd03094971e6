"""What one measurement says; data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One server under one load in one turn; processor time is by request, in µs."""

    server: str
    load: str
    turn: int
    requests: int
    seconds: float
    cpu_us: float
    broker_us: float
    sender_us: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Return how many requests were answered in a second."""
        return self.requests / self.seconds

    @property
    def sum_us(self) -> float:
        """Return what the request cost service and broker together."""
        return self.cpu_us + self.broker_us
