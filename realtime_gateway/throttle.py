"""How much a client may say: a token bucket."""

from __future__ import annotations


class Throttle:
    """Allow `rate` messages a second, and a burst of twice that."""

    def __init__(self, rate: float, *, now: float) -> None:
        self._rate = rate
        self._burst = max(2 * rate, 1.0)
        self._left = self._burst
        self._at = now

    def allow(self, now: float) -> bool:
        """Count one message at `now` (seconds); tell whether it is within the rate."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
