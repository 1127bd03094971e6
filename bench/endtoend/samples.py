"""What one measurement says; data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One way at one rate to so many sockets; rates are in changes a second.

    `reached_a_second` counts what came to everyone. `backlog` is what was committed and
    not yet with everyone when the last change was due, `drained_seconds` how long that
    took after the last commit. Latencies are those of each change to each socket, as
    `bench.latency` counts them; where it was not sustained there are none.
    `gateway_cores` and `carrier_cores` (ingest and relay) are processor seconds by
    second, `machine_busy` is the share of all processors.
    """

    way: str
    rate: float
    sockets: int
    seconds: float
    changes: int
    sustained: bool
    committed_a_second: float
    reached_a_second: float
    backlog: int
    drained_seconds: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    latencies: Mapping[str, int]
    gateway_cores: float
    carrier_cores: float
    machine_busy: float
