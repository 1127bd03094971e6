"""The table, side by side by way; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.endtoend.samples import Sample
from bench.tables import table

_COLUMNS = (
    *("", "asked/s", "sockets", "committed/s", "reached/s", "p50 ms", "p90 ms"),
    *("p99 ms", "backlog", "drained s", "gateway", "ingest, relay", "machine"),
)


def text_of(samples: Sequence[Sample]) -> str:
    """Return one table; where a case was not sustained it says so."""
    return "\n".join(table([_COLUMNS, *map(_row, samples)]))


def _row(sample: Sample) -> tuple[str, ...]:
    found = (sample.p50_ms, sample.p90_ms, sample.p99_ms)
    late = [f"{each:.1f}" for each in found if each is not None]
    return (
        sample.way,
        f"{sample.rate:g}",
        f"{sample.sockets:,}",
        f"{sample.committed_a_second:,.1f}",
        f"{sample.reached_a_second:,.1f}",
        *(late or ("not", "sus-", "tained")),
        f"{sample.backlog:,}",
        f"{sample.drained_seconds:.1f}",
        f"{sample.gateway_cores:.2f}",
        f"{sample.carrier_cores:.2f}",
        f"{sample.machine_busy:.0%}",
    )
