"""Latencies as counts in buckets that grow by one part in a hundred; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

_PER_DOUBLING = 64


def bucket_of(nanoseconds: int) -> int:
    """Return the bucket of a latency; less than a microsecond counts as one."""
    return int(_PER_DOUBLING * math.log2(max(nanoseconds / 1000, 1)))


def percentile(counts: Mapping[int, int], share: float) -> float:
    """Return the latency that `share` of all do not exceed, in milliseconds."""
    wanted = share * sum(counts.values())
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return float(2 ** ((bucket + 0.5) / _PER_DOUBLING) / 1000)
    return math.nan
