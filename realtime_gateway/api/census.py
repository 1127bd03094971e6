"""How many were connected, minute by minute, for a day."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

MAX_MINUTES = 1_440


class Count(msgspec.Struct, frozen=True):
    """The connections at the beginning of a minute."""

    minute: str
    connections: int


class Connections(msgspec.Struct, frozen=True, kw_only=True):
    """Who is connected to this gateway by kind of room, and how many have been."""

    now: Mapping[str, int]
    over_time: Sequence[Count]


def name_of(moment: float) -> str:
    """Return the minute of a moment (Unix time in seconds)."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%MZ")


class Census:
    """A count for each of the last minutes, the oldest forgotten first.

    `counts` tells the open connections by kind of room.
    """

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self._counted = counts
        self._counts: deque[Count] = deque(maxlen=MAX_MINUTES)

    def take(self, now: float) -> None:
        """Count whoever is connected at `now`."""
        self._counts.append(Count(name_of(now), sum(self._counted().values())))

    def since(self, minute: str) -> Connections:
        """Return who is connected now, and the counts from this minute on."""
        over_time = [count for count in self._counts if count.minute >= minute]
        return Connections(now=self._counted(), over_time=over_time)

    async def keep(self) -> None:
        """Count at the beginning of each minute, until cancelled."""
        while True:
            await asyncio.sleep(60 - time.time() % 60)
            self.take(time.time())
