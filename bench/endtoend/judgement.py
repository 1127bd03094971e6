"""What the moments of commits and arrivals say: sustained or not, how late; pure."""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.endtoend.cases import Case
from bench.endtoend.samples import Sample
from bench.latency import bucket_of, percentile

SECOND = 1_000_000_000
#: Looks at the backlog in a part of the run.
LOOKS = 50
#: What a run may fall behind, of its changes: beyond that it is not sustained.
SLACK = 0.05
#: Changes come at random: so many more may be under way by chance alone.
BY_CHANCE = 3.0
#: What a writer may be late at its end, in seconds.
LATE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Moments in monotonic nanoseconds; arrivals for each change, one a socket."""

    began: int
    due: Sequence[int]
    committed: Sequence[int]
    arrivals: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy it was: in processors, and as a share of all of them."""

    gateway: float
    carrier: float
    machine: float


def judge(case: Case, run: Run, load: Load) -> Sample:
    """Return what was measured; without latencies where the case is not sustained.

    Sustained: the writer kept its moments, and what is committed but not with everyone
    did not grow from the first third of the measured part to the last.
    """
    begin = run.began + round(case.warm_up * SECOND)
    end = begin + round(case.seconds * SECOND)
    commits = sorted(run.committed)
    complete = sorted(max(each) for each in run.arrivals)
    third = (end - begin) // 3
    growth = _backlog(commits, complete, end - third, third) - _backlog(
        commits, complete, begin, third
    )
    within = _between(commits, begin, end)
    late = (max(commits) - max(run.due)) / SECOND
    sustained = growth <= max(BY_CHANCE, SLACK * within * 2 / 3) and late <= max(
        LATE, SLACK * case.seconds
    )
    counts = _latencies(run, begin, end) if sustained else Counter[int]()
    p50, p90, p99 = (
        percentile(counts, share) if counts else None for share in (0.5, 0.9, 0.99)
    )
    return Sample(
        way=case.way.name,
        rate=case.rate,
        sockets=case.sockets,
        seconds=case.seconds,
        changes=within,
        sustained=sustained,
        committed_a_second=within / case.seconds,
        reached_a_second=_between(complete, begin, end) / case.seconds,
        backlog=bisect_left(commits, end) - bisect_left(complete, end),
        drained_seconds=(complete[-1] - commits[-1]) / SECOND,
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        latencies={str(bucket): counts[bucket] for bucket in sorted(counts)},
        gateway_cores=load.gateway,
        carrier_cores=load.carrier,
        machine_busy=load.machine,
    )


def _backlog(
    commits: Sequence[int], complete: Sequence[int], begin: int, length: int
) -> float:
    """Return how many changes were under way on average."""
    looks = [begin + length * look // LOOKS for look in range(LOOKS)]
    return statistics.fmean(
        bisect_left(commits, at) - bisect_left(complete, at) for at in looks
    )


def _between(moments: Sequence[int], begin: int, end: int) -> int:
    return bisect_left(moments, end) - bisect_left(moments, begin)


def _latencies(run: Run, begin: int, end: int) -> Counter[int]:
    return Counter(
        bucket_of(at - committed)
        for committed, arrivals in zip(run.committed, run.arrivals, strict=True)
        if begin <= committed < end
        for at in arrivals
    )
