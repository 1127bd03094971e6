"""What one measurement says; data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """So many gateways, nobody connected to them, read events as they come.

    `cpu_us` is the mean processor time of one gateway by event, `broker_us` the
    broker's by event, whoever reads it; both in microseconds, user and kernel.
    """

    readers: int
    turn: int
    events: int
    per_second: float
    cpu_us: float
    broker_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """A gateway without a change log reads a stream from its first event to its last.

    What a start costs with an empty stream is not in the figures.
    """

    turn: int
    events: int
    per_second: float
    cpu_us: float
    broker_us: float
    stream_bytes: float
    log_bytes: float
