"""The newest events, kept in memory: most who come back have missed only these.

When a thousand clients come back at once, their frames are encoded once and the change
log is not read at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from realtime_gateway.told import Told

#: What is kept at least, and half of what is kept at most.
KEPT_EVENTS = 1_000
KEPT_BYTES = 4 * 1_048_576


class Window:
    """Everything after position `floor`, in order; older events fall out in front."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._told: list[Told] = []
        self._positions: list[int] = []
        self._by_id: dict[str, int] = {}
        self._bytes = 0

    def add(self, told: Told) -> None:
        """Take in the next event."""
        self._told.append(told)
        self._positions.append(told.position)
        self._by_id[told.event.id] = told.position
        self._bytes += told.size
        if len(self._told) > 2 * KEPT_EVENTS or self._bytes > 2 * KEPT_BYTES:
            self._shrink()

    def position_of(self, event_id: str) -> int | None:
        """Return the event's position where it is here."""
        return self._by_id.get(event_id)

    def after(self, position: int, *, at_most: int) -> Sequence[Told] | None:
        """Return the events after `position`; None where some of them are not here."""
        if position < self.floor:
            return None
        start = bisect_right(self._positions, position)
        return self._told[start : start + at_most]

    def _shrink(self) -> None:
        # Half at a time, so that the cost of moving the rest is shared by many events.
        gone = 0
        while len(self._told) - gone > KEPT_EVENTS or self._bytes > KEPT_BYTES:
            first = self._told[gone]
            self.floor = first.position
            self._bytes -= first.size
            # An event that was pruned and came again is here twice.
            if self._by_id.get(first.event.id) == first.position:
                del self._by_id[first.event.id]
            gone += 1
        del self._told[:gone], self._positions[:gone]
