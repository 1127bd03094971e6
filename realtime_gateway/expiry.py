"""When tokens run out: one timer for all connections."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection

#: Entries of connections that left, or got a new token, are thrown out in bulk when
#: there are so many more of them than of the others.
SLACK = 256
#: A clock that is set back must not put the timer to sleep for hours.
LONGEST_SLEEP = 60.0


class Expiry:
    """End each connection with 4200 at the moment told, unless a later one is told."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched = 0
        self._heap: list[tuple[float, int, Connection]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: Connection) -> None:
        """End the connection when its identity's token has expired."""
        self.forget(connection)
        self._watched += 1
        moment = connection.ends_at = connection.identity.expires_at
        heapq.heappush(self._heap, (moment, next(self._order), connection))
        if len(self._heap) > 2 * self._watched + SLACK:
            self._heap = [e for e in self._heap if e[2].ends_at == e[0]]
            heapq.heapify(self._heap)
        if self._heap[0][2] is connection or self._timer is None:
            self._sleep()

    def forget(self, connection: Connection) -> None:
        """Watch it no longer."""
        if connection.ends_at is not None:
            connection.ends_at = None
            self._watched -= 1

    def close(self) -> None:
        """Watch nobody any more."""
        self._heap.clear()
        self._sleep()

    def _sleep(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            left = self._heap[0][0] - time.time()
            delay = min(max(0.0, left), LONGEST_SLEEP)
            self._timer = self._loop.call_later(delay, self._wake)

    def _wake(self) -> None:
        now = time.time()
        while self._heap and self._heap[0][0] <= now:
            moment, _, connection = heapq.heappop(self._heap)
            if connection.ends_at == moment:
                self.forget(connection)
                connection.outlet.end(CloseCode.TOKEN_EXPIRED)
        self._sleep()
