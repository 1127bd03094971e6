"""How a worker counts: a few additions in its row for each webhook."""

from __future__ import annotations

import gc
import os
from bisect import bisect_left

from ingest_service.metrics.board import PID, USED, Row
from ingest_service.metrics.outcomes import ENDPOINTS, OTHER, OUTCOMES, Outcome
from shared.metrics import PATH_BUCKETS

#: Whether the worker could publish, as of its last beat.
READY = USED + 1
#: Of the garbage collector, three numbers for each generation.
GC = READY + 1
GC_FIGURES = ("collections", "collected", "uncollectable")
GC_GENERATIONS = 3

#: A count for each bucket, one for what is beyond, and the sum of all.
BINS = len(PATH_BUCKETS) + 1
_HISTOGRAM = BINS + 1

_COUNTS = GC + GC_GENERATIONS * len(GC_FIGURES)
#: Where a row counts the requests of an endpoint with an outcome.
COUNTS: dict[tuple[str, Outcome], int] = {
    key: _COUNTS + place
    for place, key in enumerate((e, o) for e in ENDPOINTS for o in OUTCOMES)
}
CONFIRMS = _COUNTS + len(COUNTS)
#: Where the histogram of an endpoint begins.
DURATIONS: dict[str, int] = {
    endpoint: CONFIRMS + _HISTOGRAM * place
    for place, endpoint in enumerate((e for e in ENDPOINTS if e != OTHER), start=1)
}
#: What strangers send takes as long as they like, and no webhook the longer for it.
_TIMED = frozenset({"published", "spooled", "ignored"})


class Meter:
    """Count in `row`; greenlets of one thread may."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def begin(self) -> None:
        """Say that this process writes to the row from now on."""
        self._row[PID] = os.getpid()
        self.beat(ready=False)

    def beat(self, *, ready: bool) -> None:
        """Say how the worker is, for when another one is asked."""
        row = self._row
        row[READY] = ready
        for generation, told in enumerate(gc.get_stats()[:GC_GENERATIONS]):
            at = GC + generation * len(GC_FIGURES)
            for place, figure in enumerate(GC_FIGURES):
                row[at + place] = told[figure]

    def answered(self, endpoint: str, outcome: Outcome, seconds: float) -> None:
        """Count a request that was answered so long after it was received."""
        self._row[COUNTS[endpoint, outcome]] += 1
        if outcome in _TIMED and endpoint != OTHER:
            self._observe(DURATIONS[endpoint], seconds)

    def confirmed(self, seconds: float) -> None:
        """Count a publish that the broker confirmed so long after it was begun."""
        self._observe(CONFIRMS, seconds)

    def _observe(self, at: int, seconds: float) -> None:
        self._row[at + bisect_left(PATH_BUCKETS, seconds)] += 1
        self._row[at + BINS] += seconds
