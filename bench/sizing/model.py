"""From costs and a load to processes, cores and machines; pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from bench.sizing.costs import (
    BUSY_AT_MOST,
    MACHINE_CORES,
    MACHINE_GIB,
    PROCESS_MIB,
    READING_AT_MOST,
    SOCKETS_A_GATEWAY,
    Costs,
    Load,
)

_SECOND = 1e6
#: None of the parts runs alone where it may not be missed.
_AT_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a load needs; `reading` is the share of a gateway's core for reading.

    `broker_cores` are those of all nodes together, `back_seconds` how long it takes
    all gateways to let everybody in again after all sockets were cut at once.
    """

    partitions: int
    gateways: int
    ingests: int
    mailers: int
    broker_cores: float
    reading: float
    gateway_gib: float
    back_seconds: float
    machines: int


def need(load: Load, costs: Costs) -> Need:
    """Return the smallest system that carries a load with room to spare."""
    partitions = max(1, ceil(load.events * costs.read / _SECOND / READING_AT_MOST))
    reading = load.events / partitions * costs.read / _SECOND
    telling = load.events * load.audience * costs.delivery / _SECOND
    gateways = max(
        _AT_LEAST,
        ceil(load.sockets / SOCKETS_A_GATEWAY),
        ceil(telling / (BUSY_AT_MOST - reading)),
    )
    # Each partition is read by as many, so that any of them may be missed.
    gateways = partitions * max(_AT_LEAST, ceil(gateways / partitions))
    mails = load.events * load.mails / 100
    ingests = max(_AT_LEAST, ceil(load.events * costs.webhook / _SECOND / BUSY_AT_MOST))
    mailers = max(_AT_LEAST, ceil(mails * costs.mail / _SECOND / BUSY_AT_MOST))
    read = gateways / partitions * costs.reader
    broker = load.events * (costs.cluster * costs.broker + read) / _SECOND
    broker += costs.cluster * mails * costs.mail_broker / _SECOND
    gateway_gib = load.sockets / gateways * costs.socket_kib / 1024**2
    return Need(
        partitions=partitions,
        gateways=gateways,
        ingests=ingests,
        mailers=mailers,
        broker_cores=broker,
        reading=reading,
        gateway_gib=gateway_gib + PROCESS_MIB / 1024,
        back_seconds=load.sockets / gateways * costs.connect / _SECOND,
        machines=_machines(gateways, ingests + mailers, gateway_gib),
    )


def _machines(gateways: int, others: int, gateway_gib: float) -> int:
    """Return how many carry the processes; the broker's three stand beside them."""
    by_core = (gateways + others) / MACHINE_CORES
    all_gib = gateways * gateway_gib + (gateways + others) * PROCESS_MIB / 1024
    return max(_AT_LEAST, ceil(by_core), ceil(all_gib / (MACHINE_GIB * BUSY_AT_MOST)))
