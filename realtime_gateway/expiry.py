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
        self._moments: dict[Connection, float] = {}
        self._heap: list[tuple[float, int, Connection]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: Connection) -> None:
        """End the connection when its identity's token has expired."""
        moment = connection.identity.expires_at
        self._moments[connection] = moment
        heapq.heappush(self._heap, (moment, next(self._order), connection))
        if len(self._heap) > 2 * len(self._moments) + SLACK:
            self._heap = [(m, next(self._order), c) for c, m in self._moments.items()]
            heapq.heapify(self._heap)
        if self._heap[0][2] is connection or self._timer is None:
            self._sleep()

    def forget(self, connection: Connection) -> None:
        """Watch it no longer."""
        self._moments.pop(connection, None)

    def close(self) -> None:
        """Watch nobody any more."""
        self._moments.clear()
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
            if self._moments.get(connection) == moment:
                self.forget(connection)
                connection.outlet.end(CloseCode.TOKEN_EXPIRED)
        self._sleep()
