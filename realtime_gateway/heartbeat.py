"""Pings, and an end for those who have stopped to answer: one timer for everyone."""

from __future__ import annotations

import asyncio

from realtime_gateway.outlet import Outlet

#: In seconds.
GATHERED = 0.05


class Heartbeat:
    """Ping each outlet every `interval` seconds; cut off who is dead.

    Dead is who has said nothing since the last ping and has taken nothing either: a
    slow reader, whose pings still wait behind other data, is no dead one.
    """

    def __init__(self, interval: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._interval = interval
        # All wait equally long, so the order of arrival is the order of the turns.
        self._turns: dict[Outlet, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, outlet: Outlet) -> None:
        """Begin to ping."""
        self._turns[outlet] = self._loop.time() + self._interval
        if self._timer is None:
            self._sleep()

    def forget(self, outlet: Outlet) -> None:
        """Ping it no longer."""
        self._turns.pop(outlet, None)

    def close(self) -> None:
        """Ping nobody any more."""
        self._turns.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _sleep(self) -> None:
        self._timer = None
        for due in self._turns.values():
            # Those of a short while together: to find the first costs a look at all.
            soon = self._loop.time() + GATHERED
            self._timer = self._loop.call_at(max(due, soon), self._wake)
            break

    def _wake(self) -> None:
        now = self._loop.time()
        for outlet in self._due(now):
            if _is_dead(outlet):
                self.forget(outlet)
                outlet.cut()
                continue
            outlet.heard = False
            outlet.backlog_at_ping = outlet.backlog
            outlet.ping()
            del self._turns[outlet]
            self._turns[outlet] = now + self._interval
        self._sleep()

    def _due(self, now: float) -> list[Outlet]:
        due: list[Outlet] = []
        for outlet, moment in self._turns.items():
            if moment > now:
                break
            due.append(outlet)
        return due


def _is_dead(outlet: Outlet) -> bool:
    took_nothing = outlet.backlog >= outlet.backlog_at_ping
    if outlet.answers_pings:
        return took_nothing and not outlet.heard
    return took_nothing and outlet.backlog_at_ping > 0
