"""Is an event nobody's, or has this gateway just not read it yet?

Another gateway may have told of it a moment before, or long ago: this one may have been
cut off from the broker meanwhile, and what it says of the event then would be wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

#: An unknown event is looked for at least so many times, so many seconds apart: a
#: broker's replica may know less of the stream's end than its leader.
LOOKS, LOOK_PAUSE = 6, 0.25


class Reads(Protocol):
    """What is asked of the feed."""

    @property
    def next_look(self) -> int: ...

    def has_read_up_to(self, look: int) -> bool: ...


async def look_for(
    look: Callable[[], Awaitable[int | None]], feed: Reads
) -> int | None:
    """Return the position that `look` finds in the log; None where there is none.

    None only once all has been read that the stream had when this was asked. The caller
    sets the deadline: without a broker it takes for ever.
    """
    begun, looks = feed.next_look, 0
    while True:
        looks += 1
        # Asked first: what has been read by now is found.
        is_sure = feed.has_read_up_to(begun) and looks >= LOOKS
        found = await look()
        if found is not None or is_sure:
            return found
        await asyncio.sleep(LOOK_PAUSE)
