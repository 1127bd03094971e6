"""Sums over samples: which of them, their middle, how often a baseline; pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Sample(Protocol):
    """One server in one turn; what was measured are its attributes."""

    @property
    def turn(self) -> int: ...


S = TypeVar("S")
T = TypeVar("T", bound=Sample)


def select(samples: Iterable[S], **wanted: object) -> list[S]:
    """Return the samples whose attributes are these."""
    return [
        sample
        for sample in samples
        if all(getattr(sample, name) == value for name, value in wanted.items())
    ]


def median(samples: Sequence[object], attribute: str) -> float:
    """Return the median over the turns."""
    return float(statistics.median(getattr(each, attribute) for each in samples))


def lower_quartile(samples: Sequence[object], attribute: str) -> float:
    """Return what a quarter of the turns stay below: the quiet ones."""
    values = sorted(float(getattr(each, attribute)) for each in samples)
    return values[len(values) // 4]


def ratio(
    samples: Sequence[T], baseline: Sequence[T], attribute: str = "cpu_us"
) -> float | None:
    """Return the median over the turns of a server's figure by a baseline's."""
    found = ratios(samples, baseline, attribute)
    return statistics.median(found) if found else None


def ratios(
    samples: Sequence[T], baseline: Sequence[T], attribute: str = "cpu_us"
) -> list[float]:
    """Return a server's figure by a baseline's, for each turn that both have.

    Turn by turn, since whatever else the machine does changes both alike.
    """
    theirs = {sample.turn: getattr(sample, attribute) for sample in baseline}
    return [
        getattr(sample, attribute) / theirs[sample.turn]
        for sample in samples
        if theirs.get(sample.turn)
    ]
