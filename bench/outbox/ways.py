"""The ways from the outbox to the broker, and the paces of commits; data."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """Whether the database pushes, and whether a relay reads."""

    name: str
    push: bool
    relay: bool


WAYS = (
    Way("push", push=True, relay=False),
    Way("relay", push=False, relay=True),
    Way("both", push=True, relay=True),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """So many commits, `gap` seconds apart on average; `memoryless`, or evenly spread.

    Evenly spread gaps are between half and one and a half of `gap`.
    """

    name: str
    commits: int
    gap: float
    memoryless: bool

    def gaps(self) -> Iterator[float]:
        """Yield the seconds before each commit."""
        for _ in range(self.commits):
            if self.memoryless:
                yield random.expovariate(1 / self.gap)
            else:
                yield random.uniform(self.gap / 2, self.gap * 3 / 2)


def steady(rate: float, seconds: float) -> Pace:
    """Return commits at random moments, `rate` a second."""
    name = f"steady, {rate:g} commits a second"
    return Pace(name, max(1, round(rate * seconds)), 1 / rate, memoryless=True)


def quiet(commits: int, gap: float) -> Pace:
    """Return commits that each come after a pause."""
    return Pace(f"quiet, one in {gap:g} s", commits, gap, memoryless=False)
