"""The end of a gateway: everyone is sent elsewhere, a few at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from realtime_gateway.close_codes import CloseCode
from realtime_gateway.outlet import CLOSE_DEADLINE, Outlet

#: Few clients need not wait for the time that many are spread over, in seconds.
LONGEST_GAP = 0.05
ANNOUNCEMENT = 1.5


class Drain:
    """All open outlets, those that have not said who they are included."""

    def __init__(self) -> None:
        self._open: set[Outlet] = set()
        self._empty = asyncio.Event()
        #: Announced, or more.
        self.under_way = False
        self.closing = False

    def add(self, outlet: Outlet) -> None:
        """Know an outlet while it is open."""
        self._open.add(outlet)
        self._empty.clear()

    def discard(self, outlet: Outlet) -> None:
        """Forget an outlet that is closed."""
        self._open.discard(outlet)
        if not self._open:
            self._empty.set()

    async def announce(self) -> None:
        """Tell load balancers that ask each second, before anybody is sent away."""
        self.under_way = True
        if self._open:
            await asyncio.sleep(ANNOUNCEMENT)

    async def send_all_away(self, *, within: float) -> None:
        """Close all with 4202, spread over `within` seconds, and wait for their ends.

        All at once they would come back all at once, to gateways that have others to
        serve.
        """
        self.under_way = self.closing = True
        outlets = list(self._open)
        gap = min(LONGEST_GAP, within / max(1, len(outlets)))
        loop = asyncio.get_running_loop()
        due = loop.time()
        for outlet in outlets:
            outlet.end(CloseCode.GOING_AWAY)
            due += gap
            # Shorter pauses than the loop's clock can tell are taken together.
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
        if self._open:
            # Who came in meanwhile was told so at the door; each has its own deadline.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), 2 * CLOSE_DEADLINE)
