"""Who is in which room, grouped by who gets the same bytes.

Only seats that were granted get in; see access.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from realtime_gateway.connection import Connection
from realtime_gateway.frames import Encoding
from realtime_gateway.protocol import Wanted
from realtime_gateway.told import Told


@dataclass(frozen=True, slots=True)
class _Sameness:
    """What members of one audience have in common; `paced` is alone in its own."""

    keys: tuple[str, ...]
    wanted: Wanted
    encoding: Encoding
    paced: Connection | None


class Audience:
    """Members of a room who get the same bytes, and what they are about to get."""

    __slots__ = ("encoding", "keys", "kind", "members", "paced", "pending", "wanted")

    def __init__(self, same: _Sameness, kind: str) -> None:
        self.keys = same.keys
        #: `admin` or `artist`.
        self.kind = kind
        self.wanted = same.wanted
        self.encoding = same.encoding
        self.paced = same.paced
        self.members: set[Connection] = set()
        self.pending: list[Told] = []


class Rooms:
    """The audiences of each room; a room that nobody is in does not exist."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Audience]] = {}
        self._audiences: dict[_Sameness, Audience] = {}

    def __len__(self) -> int:
        """Return how many rooms somebody is in; an artist with two ids counts twice."""
        return len(self._rooms)

    def audience_of(self, connection: Connection) -> Audience | None:
        """Return the audience that the connection is in, or would be in."""
        return self._audiences.get(_sameness(connection))

    def join(self, connection: Connection) -> None:
        """Put the connection in under every key of its seat."""
        same = _sameness(connection)
        audience = self._audiences.get(same)
        if audience is None:
            audience = Audience(same, connection.seat.kind)
            self._audiences[same] = audience
            for key in same.keys:
                self._rooms.setdefault(key, set()).add(audience)
        audience.members.add(connection)

    def leave(self, connection: Connection) -> None:
        """Take the connection out; doing so twice changes nothing."""
        same = _sameness(connection)
        audience = self._audiences.get(same)
        if audience is None or connection not in audience.members:
            return
        audience.members.discard(connection)
        if audience.members:
            return
        del self._audiences[same]
        for key in same.keys:
            self._rooms[key].discard(audience)
            if not self._rooms[key]:
                del self._rooms[key]

    def audiences(self, key: str) -> Collection[Audience]:
        """Return who gets what is sent to `key`; a room nobody is in costs nothing."""
        return self._rooms.get(key, ())


def _sameness(connection: Connection) -> _Sameness:
    return _Sameness(
        connection.seat.keys,
        connection.wanted,
        connection.outlet.encoding,
        connection if connection.pace else None,
    )
