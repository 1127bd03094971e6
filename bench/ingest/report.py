"""The tables: medians over the turns, ratios turn by turn, and the aims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.ingest.loads import Load
from bench.ingest.samples import Sample
from bench.ingest.servers import FASTAPI, OURS, PLAIN, SERVER_NAMES
from bench.samples import lower_quartile, median, ratio, select
from bench.tables import table, times, verdict

#: (what is compared, its name, baseline, at most or at least so many times its figure).
AIMS = (
    ("cpu_us", "service CPU", PLAIN, "at most", 0.6),
    ("per_second", "requests/s", PLAIN, "at least", 2.5),
    ("cpu_us", "service CPU", FASTAPI, "at most", 1.0),
    ("sum_us", "service and broker CPU", FASTAPI, "at most", 0.8),
)
AIMED_LOAD = "c64"

_COLUMNS = (
    *("server", "turns", "requests/s", "service µs", "(quiet)", "broker µs", "sum µs"),
    *("p50 ms", "p99 ms", "x plain", "x fastapi", "sum x fastapi", "sender µs"),
)


def text_of(samples: Sequence[Sample], loads: Iterable[Load]) -> str:
    """Return a table for each load, and whether the aims are reached."""
    parts = []
    for load in loads:
        here = select(samples, load=load.name)
        parts += [f"\n{load.name}", *_side_by_side(here)]
    return "\n".join([*parts, "", *_aims(select(samples, load=AIMED_LOAD))])


def _side_by_side(samples: Sequence[Sample]) -> list[str]:
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for name in SERVER_NAMES:
        own = select(samples, server=name)
        if own:
            rows.append(_row(name, own, samples))
    return table(rows)


def _row(
    name: str, own: Sequence[Sample], samples: Sequence[Sample]
) -> tuple[str, ...]:
    plain, fastapi = (select(samples, server=each) for each in (PLAIN, FASTAPI))
    return (
        name,
        str(len(own)),
        f"{median(own, 'per_second'):,.0f}",
        f"{median(own, 'cpu_us'):.0f}",
        f"({lower_quartile(own, 'cpu_us'):.0f})",
        f"{median(own, 'broker_us'):.0f}",
        f"{median(own, 'sum_us'):.0f}",
        f"{median(own, 'p50_ms'):.2f}",
        f"{median(own, 'p99_ms'):.1f}",
        times(ratio(own, plain)),
        times(ratio(own, fastapi)),
        times(ratio(own, fastapi, "sum_us")),
        f"{median(own, 'sender_us'):.0f}",
    )


def _aims(samples: Sequence[Sample]) -> list[str]:
    lines = []
    for attribute, what, baseline, way, limit in AIMS:
        value = ratio(
            select(samples, server=OURS), select(samples, server=baseline), attribute
        )
        if value is not None:
            told = f"{AIMED_LOAD}, {what}: {value:.2f} x {baseline}, {way} {limit}"
            kept = value <= limit if way == "at most" else value >= limit
            lines.append(verdict(told, kept=kept))
    return lines
