"""What one measurement says; data."""

from __future__ import annotations

import math
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
