"""The tables: medians over the turns, and how often the price of each baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.fanout.contest import Results
from bench.fanout.samples import Arrival, Sample
from bench.fanout.servers import GATEWAY, LOCAL_SERVERS, MODES, SERVERS
from bench.samples import median, ratio, select
from bench.tables import table, times, verdict

BASELINES = ("shared_frame", "send_str")
#: (mode, baseline, from so many clients on, at most so many times its cost).
LIMITS = (
    ("full", "shared_frame", 1000, 1.25),
    ("full", "send_str", 1000, 0.8),
    ("burst", "send_str", 1000, 0.08),
)
IDLE_LIMIT_KIB = 16

_SENDING: tuple[str, ...] = (
    *(
        "server",
        "turns",
        "µs/delivery",
        "user µs",
        "client µs",
        "x shared",
        "x send_str",
    ),
    *("deliveries/s", "p50 ms", "p99 ms", "msgs/read", "bytes"),
)
_HOLDING: tuple[str, ...] = (
    "server",
    "connects/s",
    "µs/connect",
    "KiB/client idle",
    "KiB after",
)


def text_of(results: Results) -> str:
    """Return all tables, and whether the gateway keeps its limits."""
    parts = []
    for clients in sorted({arrival.clients for arrival in results.arrivals}):
        here = select(results.samples, clients=clients)
        for mode in MODES:
            samples = select(here, mode=mode.name)
            if samples:
                parts += [f"\n{clients} clients, {mode.name}", *_sending(samples)]
        held = [each for each in results.arrivals if each.clients == clients]
        parts += [f"\n{clients} clients, holding them", *_holding(held)]
    return "\n".join([*parts, "", *_limits(results)])


def _sending(samples: Sequence[Sample]) -> list[str]:
    rows = [_SENDING]
    for server in SERVERS + LOCAL_SERVERS:
        own = select(samples, server=server.name)
        if not own:
            continue
        rows.append(
            (
                server.name,
                str(len(own)),
                f"{median(own, 'cpu_us'):.2f}",
                f"{median(own, 'user_us'):.2f}",
                f"{median(own, 'client_us'):.2f}",
                *(
                    times(ratio(own, select(samples, server=name)))
                    for name in BASELINES
                ),
                f"{median(own, 'deliveries_a_second'):,.0f}",
                f"{median(own, 'p50_ms'):.2f}",
                f"{median(own, 'p99_ms'):.2f}",
                f"{median(own, 'per_read'):.1f}",
                f"{median(own, 'payload_bytes'):.0f}",
            )
        )
    return table(rows)


def _holding(arrivals: Iterable[Arrival]) -> list[str]:
    rows = [_HOLDING]
    for each in arrivals:
        numbers = (each.connects_a_second, each.connect_cpu_us)
        memory = (each.idle_kib, each.after_kib)
        rows.append(
            (
                each.server,
                *(f"{number:,.0f}" for number in numbers),
                *(f"{kib:.1f}" for kib in memory),
            )
        )
    return table(rows)


def _limits(results: Results) -> list[str]:
    lines = []
    for mode, baseline, least, limit in LIMITS:
        measured = select(results.samples, mode=mode)
        for clients in sorted({s.clients for s in measured if s.clients >= least}):
            here = select(measured, clients=clients)
            cost = ratio(select(here, server=GATEWAY), select(here, server=baseline))
            if cost is not None:
                what = f"{clients} clients, {mode}: {cost:.2f} x {baseline}"
                told = f"{what}, at most {limit}"
                lines.append(verdict(told, kept=cost <= limit))
    lines += [
        verdict(
            f"{each.clients} clients, idle: {each.idle_kib:.1f} KiB each,"
            f" at most {IDLE_LIMIT_KIB}",
            kept=each.idle_kib <= IDLE_LIMIT_KIB,
        )
        for each in results.arrivals
        if each.server == GATEWAY and each.clients >= 1000
    ]
    return lines
