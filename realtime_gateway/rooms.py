"""Who is in which room. Only seats that were granted get in; see access.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Generic, Protocol, TypeVar

from realtime_gateway.access import Seat


class Member(Protocol):
    """What is asked of a member: its seat."""

    @property
    def seat(self) -> Seat: ...


M = TypeVar("M", bound=Member)
_NOBODY: frozenset[object] = frozenset()


class Rooms(Generic[M]):
    """The members of each room; a room without members does not exist."""

    def __init__(self) -> None:
        self._members: dict[str, set[M]] = defaultdict(set)
        self._kinds: Counter[str] = Counter()

    def join(self, member: M) -> None:
        """Put the member in under every key of its seat."""
        for key in member.seat.keys:
            self._members[key].add(member)
        self._kinds[_kind(member.seat)] += 1

    def leave(self, member: M) -> None:
        """Take the member out; doing so twice changes nothing."""
        if member not in self._members.get(member.seat.keys[0], _NOBODY):
            return
        for key in member.seat.keys:
            self._members[key].discard(member)
            if not self._members[key]:
                del self._members[key]
        self._kinds[_kind(member.seat)] -= 1

    def members(self, key: str) -> Collection[M]:
        """Return who gets what is sent to `key`; a room nobody is in costs nothing."""
        return self._members.get(key, ())

    def counts(self) -> dict[str, int]:
        """Return the open connections by kind of room, without anybody's id."""
        return {"admin": self._kinds["admin"], "artist": self._kinds["artist"]}


def _kind(seat: Seat) -> str:
    return seat.room.partition(":")[0]
