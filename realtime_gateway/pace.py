"""At most so many messages a second for a connection, the newest of each submission."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.conflation import Conflated
from realtime_gateway.outlet import Outlet
from realtime_gateway.told import Told


class Pace:
    """Send what is offered, conflated, at `max_rate` messages a second or slower.

    `on_sent` is called after each.
    """

    __slots__ = ("_conflated", "_due", "_interval", "_loop", "_max_stall", "_on_sent",
                 "_outlet", "_stalled_at", "_timer")  # fmt: skip

    def __init__(
        self,
        outlet: Outlet,
        *,
        max_rate: float,
        max_stall: float,
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        self._outlet = outlet
        self._on_sent = on_sent
        self._interval = 1 / max_rate
        self._max_stall = max_stall
        self._loop = asyncio.get_running_loop()
        self._conflated = Conflated()
        self._due = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._stalled_at: float | None = None

    def offer(self, told: Told) -> None:
        """Take in the next event; it goes out when it is its turn."""
        self._conflated.add(told)
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._send)

    @property
    def is_full(self) -> bool:
        """Tell whether no more may be offered until some of it has gone out."""
        return self._conflated.size > self._outlet.max_buffer

    def stop(self) -> None:
        """Send nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _send(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._outlet.gone:
            return
        if self._outlet.backlog <= self._outlet.max_buffer // 4:
            self._stalled_at = None
            told = self._conflated.take()
            self._outlet.write(told.encoded(self._outlet.encoding))
            self._on_sent()
        elif self._has_stalled(now):
            self._outlet.end(CloseCode.TOO_SLOW)
            return
        self._due = now + self._interval
        if len(self._conflated):
            self._timer = self._loop.call_at(self._due, self._send)

    def _has_stalled(self, now: float) -> bool:
        if self._stalled_at is None:
            self._stalled_at = now
        return now - self._stalled_at > self._max_stall
