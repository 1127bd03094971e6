"""How much somebody may do: a token bucket, and one for each of many."""

from __future__ import annotations

from collections import OrderedDict

#: Buckets of so many are kept; who is forgotten starts with a full one.
MAX_REMEMBERED = 10_000


class Throttle:
    """Allow `rate` a second and `burst` at once, by default twice the rate."""

    def __init__(self, rate: float, *, now: float, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = max(2 * rate if burst is None else burst, 1.0)
        self._left = self._burst
        self._at = now

    def allow(self, now: float) -> bool:
        """Count one at `now` (seconds); tell whether it is within the rate."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Throttles:
    """A throttle of the same rate for each name that turns up."""

    def __init__(self, rate: float, *, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = burst
        self._known: OrderedDict[str, Throttle] = OrderedDict()

    def allow(self, name: str, now: float) -> bool:
        """Count one for `name` at `now` (seconds); tell whether it is in the rate."""
        throttle = self._known.get(name)
        if throttle is None:
            throttle = Throttle(self._rate, now=now, burst=self._burst)
            self._known[name] = throttle
        self._known.move_to_end(name)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return throttle.allow(now)
