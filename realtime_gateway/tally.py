"""What a gateway has counted since its start, as plain numbers.

Some are added to while thousands wait for an event, so nothing here is more than an
addition; metrics.py makes metrics of them when somebody asks.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate

from realtime_gateway.close_codes import CloseCode
from shared import events
from shared.metrics import PATH_BUCKETS
from shared.versions import microseconds

#: Who writes on the bus may invent more: those count as `other`.
TYPES = (
    *(events.INSERTED, events.UPDATED, events.STATUS_CHANGED, events.DELETED),
    *(events.EMAIL_ACCEPTED, events.EMAIL_FAILED, events.EMAIL_SKIPPED),
    *(events.EMAIL_UNCERTAIN, events.EMAIL_DELIVERED, events.EMAIL_COMPLAINED),
    *(events.EMAIL_UNSUBSCRIBED, events.EMAIL_OPENED, events.EMAIL_CLICKED),
    events.ACCESS_REVOKED,
)
OTHER = "other"
#: In place of a close code: the client has ended it, or the network.
NONE = "none"


class Seconds:
    """Durations by the buckets of `PATH_BUCKETS`, and their sum."""

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts = [0] * (len(PATH_BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(PATH_BUCKETS, seconds)] += 1
        self.total += seconds

    def up_to_each(self) -> list[int]:
        """Return how many were at most as long as each bucket's bound, and all."""
        return list(accumulate(self._counts))


class Tally:
    """Counts that only grow.

    `events` by type, `deliveries` (an event handed over to a connection) by kind of
    room, `closed` by close code, `lagged`: how often a connection fell behind.
    """

    __slots__ = ("closed", "deliveries", "events", "lagged", "until_handed_over")

    def __init__(self) -> None:
        self.events = Counter(dict.fromkeys((*TYPES, OTHER), 0))
        self.deliveries = Counter(admin=0, artist=0)
        codes = (NONE, *(str(code.number) for code in CloseCode))
        self.closed = Counter(dict.fromkeys(codes, 0))
        self.lagged = 0
        self.until_handed_over = Seconds()

    def count_event(self, kind: str) -> None:
        """Count an event that came, by its type."""
        self.events[kind if kind in self.events else OTHER] += 1

    def count_end(self, code: CloseCode | None) -> None:
        """Count a connection that ended; None: not by us."""
        self.closed[str(code.number) if code else NONE] += 1

    def count_handed_over(self, times: Iterable[str]) -> None:
        """Count changes that have just been handed over, by when they were received."""
        now = time.time()
        for each in times:
            received = microseconds(each)
            if received is not None:
                self.until_handed_over.add(max(0.0, now - received / 1_000_000))
