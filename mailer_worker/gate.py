"""Deliveries are taken, or not while a peer refuses us: then one now and then.

open --a peer refuses--> shut --backoff--> probing --it takes one--> open
                           ^                  |
                           +----it refuses----+
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared import logs

log = logs.get(__name__)

#: Until the first probe, and at the most between probes, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0


def pause_after(failures: int) -> float:
    """Return how long nothing is taken after so many failures in a row, in seconds."""
    doubled = FIRST_PAUSE * float(2 ** min(failures - 1, 10))
    return min(doubled, LONGEST_PAUSE)


class Gate:
    """Call `take(n)` with how many deliveries may be in hand: 0, 1 or `prefetch`.

    Any thread may call; moments are seconds of `clock`, a clock that never goes back.
    """

    def __init__(
        self, take: Callable[[int], None], *, prefetch: int, clock: Callable[[], float]
    ) -> None:
        self._take = take
        self._prefetch = prefetch
        self._clock = clock
        self._troubles: dict[str, str] = {}
        self._failures = 0
        self._opens_at: float | None = None
        self._lock = threading.Lock()

    @property
    def is_shut(self) -> bool:
        """Tell whether what is in hand had better go back untried."""
        return self._opens_at is not None

    @property
    def trouble(self) -> str | None:
        """Return why not all is taken, None while it is."""
        return next(iter(self._troubles.values()), None)

    def shut(self, peer: str, reason: str) -> None:
        """Take nothing for a while: the peer refuses us."""
        with self._lock:
            self._troubles[peer] = reason
            if self._opens_at is not None:
                return
            self._failures += 1
            pause = pause_after(self._failures)
            self._opens_at = self._clock() + pause
            self._take(0)
        log.error("mailer.paused", peer=peer, reason=reason, seconds=pause)

    def proved(self, peer: str) -> None:
        """Take all again, where this peer was the trouble: it answers us well."""
        if not self._troubles:
            return
        with self._lock:
            # What was under way when it began to refuse proves nothing.
            if self._opens_at is not None or self._troubles.pop(peer, None) is None:
                return
            if self._troubles:
                return
            self._failures = 0
            self._take(self._prefetch)
        log.info("mailer.resumed", peer=peer)

    def tick(self) -> None:
        """Take one, for a probe, when the pause is over."""
        with self._lock:
            if self._opens_at is not None and self._clock() >= self._opens_at:
                self._opens_at = None
                self._take(1)
