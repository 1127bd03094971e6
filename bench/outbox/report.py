"""The table and the histograms, side by side by way; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.outbox.stage import Result
from bench.tables import table

#: Where the buckets end, in milliseconds.
EDGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, math.inf)
BAR = 24
SHARES = (0.5, 0.9, 0.99)


def text_of(results: Sequence[Result]) -> str:
    """Return for each pace the percentiles of all ways, and their histograms."""
    parts: list[str] = []
    for pace in dict.fromkeys(result.pace for result in results):
        here = [result for result in results if result.pace == pace]
        parts += [f"\n{pace}: milliseconds from COMMIT to the socket's frame"]
        parts += [*_table(here), "", *_histogram(here)]
    return "\n".join(parts)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed."""
    place = math.ceil(share * len(values)) - 1
    return sorted(values)[max(place, 0)]


def _table(results: Sequence[Result]) -> list[str]:
    rows = [("", "commits", "p50", "p90", "p99", "max")]
    for result in results:
        found = [percentile(result.milliseconds, share) for share in SHARES]
        p50, p90, p99, most = (
            f"{figure:.1f}" for figure in (*found, max(result.milliseconds))
        )
        rows.append((result.way, str(len(result.milliseconds)), p50, p90, p99, most))
    return table(rows)


def _histogram(results: Sequence[Result]) -> list[str]:
    head = "".join(f"  {result.way:{BAR + 6}}" for result in results)
    lines = [f"{'up to':>8}{head}".rstrip()]
    for low, high in zip((0, *EDGES), EDGES, strict=False):
        label = "more" if math.isinf(high) else f"{high:,} ms"
        bars = "".join(
            f"  {_bar(result.milliseconds, low, high):{BAR + 6}}" for result in results
        )
        lines.append(f"{label:>8}{bars}".rstrip())
    return lines


def _bar(values: Sequence[float], low: float, high: float) -> str:
    inside = sum(low < value <= high for value in values)
    length = round(BAR * inside / len(values))
    return f"{inside:>4} {'#' * max(length, 1 if inside else 0)}"
