"""How long nothing was accepted, and nothing told, while something was broken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: Between two looks, in seconds: no stall is known better than that.
LOOK = 0.05


@dataclass(slots=True)
class Counter:
    """What only ever grows, and when it was seen to have grown."""

    count: Callable[[], int]
    grew: list[float] = field(default_factory=list)
    _last: int = 0

    def look(self, now: float) -> None:
        """Look whether it has grown."""
        count = self.count()
        if count > self._last:
            self._last = count
            self.grew.append(now)


class Stalls:
    """Watches counters by name; times are seconds of `clock`."""

    def __init__(
        self,
        counts: Mapping[str, Callable[[], int]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counters = {name: Counter(count) for name, count in counts.items()}
        self._clock = clock

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            for counter in self._counters.values():
                counter.look(self._clock())
            await asyncio.sleep(LOOK)

    def longest(self, since: float, until: float) -> dict[str, float]:
        """Return the longest that each counter stood still in that time."""
        return {
            name: longest_gap(counter.grew, since, until)
            for name, counter in self._counters.items()
        }


def longest_gap(times: Sequence[float], since: float, until: float) -> float:
    """Return the longest time between two of these, or one of them and an end."""
    inside: Iterable[float] = (each for each in times if since < each < until)
    points = [since, *inside, until]
    return max(later - earlier for earlier, later in pairwise(points))
