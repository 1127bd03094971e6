"""The board, the spool and the processes as metrics, whichever worker is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ingest_service.forwarding import Forwarder
from ingest_service.metrics import meter
from ingest_service.metrics.board import PID, WIDTH, Board, Row
from shared import metrics

MAIN = "main"
_BOUNDS = [*map(floatToGoString, metrics.PATH_BUCKETS), "+Inf"]


def registry_of(board: Board, forwarder: Forwarder) -> CollectorRegistry:
    """Return what `/metrics` tells."""
    made = metrics.registry("ingest_service", own_process=False)
    for each in (Webhooks(board), Spool(forwarder), Processes(board)):
        made.register(each)
    return made


class Webhooks(Collector):
    """What all workers have counted, those that have ended too."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        rows = [row for _, row in self._board.rows()]
        total = [sum(numbers) for numbers in zip(*rows, strict=True)]
        total = total or [0.0] * WIDTH
        webhooks = CounterMetricFamily(
            "melotech_ingest_webhooks",
            "Requests that were answered.",
            labels=["endpoint", "outcome"],
        )
        for key, place in meter.COUNTS.items():
            webhooks.add_metric(key, total[place])
        yield webhooks
        seconds = HistogramMetricFamily(
            "melotech_ingest_webhook_seconds",
            "From receipt to answer, of what was published, spooled or ignored.",
            labels=["endpoint"],
        )
        for endpoint, place in meter.DURATIONS.items():
            _add(seconds, [endpoint], total[place:])
        yield seconds
        confirms = HistogramMetricFamily(
            "melotech_ingest_confirm_seconds",
            "From publish to the broker's confirm, of webhooks that it confirmed.",
        )
        _add(confirms, [], total[meter.CONFIRMS :])
        yield confirms
        yield from self._workers(rows)

    def _workers(self, rows: Sequence[Row]) -> Iterator[Metric]:
        living = [row for row in rows if row[PID]]
        yield GaugeMetricFamily(
            "melotech_ingest_workers", "Workers that live.", len(living)
        )
        yield GaugeMetricFamily(
            "melotech_ingest_broker_connected",
            "Workers that could publish now.",
            sum(row[meter.READY] for row in living),
        )


class Spool(Collector):
    """The spool, which all workers share."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        spool = self._forwarder.spool_state()
        age = spool.oldest_age_seconds or 0.0
        for name, text, value in (
            ("events", "Events that wait for the broker.", spool.depth),
            ("bytes", "Bytes of the events that wait.", spool.bytes),
            ("oldest_age_seconds", "How long the oldest event has waited.", age),
            ("refused_events", "Events the broker cannot take.", spool.refused),
            ("takes_more", "Whether an event would be taken.", spool.takes_more),
        ):
            yield GaugeMetricFamily(f"melotech_ingest_spool_{name}", text, float(value))


class Processes(Collector):
    """gunicorn's main process, and the workers by their place: a next one has it too.

    A count that a next worker begins again at 0 is one that Prometheus knows to read.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        living = [(str(place), row) for place, row in self._board.rows() if row[PID]]
        pids = {MAIN: os.getppid()} | {name: int(row[PID]) for name, row in living}
        found: dict[str, Metric] = {}
        for name, pid in pids.items():
            for each in _process(pid):
                merged = found.setdefault(
                    each.name, Metric(each.name, each.documentation, each.type)
                )
                for sample in each.samples:
                    merged.add_sample(sample.name, {"worker": name}, sample.value)
        yield from found.values()
        for place, figure in enumerate(meter.GC_FIGURES):
            yield _collections(figure, place, living)


def _process(pid: int) -> Iterator[Metric]:
    try:
        yield from ProcessCollector(pid=lambda: pid, registry=None).collect()
    except (OSError, ValueError, IndexError):
        return  # it has just ended


def _collections(figure: str, place: int, living: Sequence[tuple[str, Row]]) -> Metric:
    name = "collections" if figure == "collections" else f"objects_{figure}"
    told = CounterMetricFamily(
        f"python_gc_{name}",
        "What the garbage collector did.",
        labels=["worker", "generation"],
    )
    for worker, row in living:
        for generation in range(meter.GC_GENERATIONS):
            at = meter.GC + generation * len(meter.GC_FIGURES) + place
            told.add_metric([worker, str(generation)], row[at])
    return told


def _add(
    family: HistogramMetricFamily, labels: Sequence[str], numbers: Sequence[float]
) -> None:
    counts = accumulate(numbers[: meter.BINS])
    buckets = list(zip(_BOUNDS, counts, strict=True))
    family.add_metric(labels, buckets, numbers[meter.BINS])
