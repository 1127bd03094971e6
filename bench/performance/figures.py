"""The figures of the page: medians and quartiles, by part; data, and its JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import msgspec

#: Significant digits that are kept: more says nothing.
DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle of all turns, and what a quarter of them is below, or above."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Return the quartiles; of one value they are that value."""
        found = sorted(values)
        if len(found) == 1:
            low = median = high = found[0]
        else:
            low, median, high = statistics.quantiles(found, method="inclusive")
        return cls(low=rounded(low), median=rounded(median), high=rounded(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """A server under a load; times in microseconds of processor, by request."""

    load: str
    server: str
    turns: int
    per_second: Spread
    cpu_us: Spread
    broker_us: Spread
    p50_ms: float
    p99_ms: float
    x_plain: float | None
    x_fastapi: float | None
    rate_x_plain: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """A server with so many clients in a mode; microseconds by delivered message."""

    clients: int
    mode: str
    server: str
    turns: int
    cpu_us: Spread
    deliveries_a_second: Spread
    p50_ms: float
    p99_ms: float
    x_shared: float | None
    x_send_str: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a server's idle clients cost it."""

    clients: int
    server: str
    idle_kib: float
    connects_a_second: float
    connect_cpu_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading costs, in microseconds of processor by event, nobody connected.

    `reader_us` is what each gateway costs the broker. The last four are of a change log
    that is read from the stream's beginning; two are bytes by event.
    """

    readers: int
    rate: float
    read_us: float
    reader_us: float
    broker_us: float
    catch_up_a_second: float
    catch_up_us: float
    log_bytes: float
    stream_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Ingest on a broker of one node, or of three, under a load; microseconds by event.

    `mebibytes` is the memory of each node.
    """

    load: str
    broker: str
    turns: int
    per_second: Spread
    broker_us: Spread
    p50_ms: float
    p99_ms: float
    rate_x_one: float | None
    cpu_x_one: float | None
    mebibytes: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEnd:
    """A way at a rate to so many sockets; without latencies it was not sustained."""

    way: str
    rate: float
    sockets: int
    changes: int
    committed_a_second: float
    reached_a_second: float
    backlog: int
    drained_seconds: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    gateway_cores: float
    machine_busy: float

    @property
    def sustained(self) -> bool:
        """Tell whether it went on as fast as changes came."""
        return self.p50_ms is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mailer with so many senders; microseconds of processor by mail."""

    senders: int
    contestant: str
    turns: int
    ideal: float
    per_second: Spread
    cpu_us: Spread
    broker_us: Spread
    of_ideal: float
    resident_mib: float
    rate_x_plain: float | None
    cpu_x_plain: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where and when a part was measured; facts and versions by their names."""

    date: str
    minutes: float
    machine: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that the page and its charts are made of."""

    origins: Mapping[str, Origin]
    ingest: Sequence[Ingest] = ()
    fanout: Sequence[Fanout] = ()
    held: Sequence[Held] = ()
    reading: Sequence[Reading] = ()
    cluster: Sequence[Cluster] = ()
    endtoend: Sequence[EndToEnd] = ()
    mail: Sequence[Mail] = ()


def rounded(value: float) -> float:
    """Return the value to DIGITS significant digits."""
    return float(f"{value:.{DIGITS}g}")


def decode(text: bytes) -> Figures:
    """Read figures; raise msgspec.ValidationError for what is none."""
    return msgspec.json.decode(text, type=Figures)


def encode(figures: Figures) -> bytes:
    """Return them as JSON that a diff can show."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n"
