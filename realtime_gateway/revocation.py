"""Who was sent away by an operator, and is not let in again with the same token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from realtime_gateway.access import Identity, Seat
from realtime_gateway.connection import Connection
from shared.events import RevocationData, RevocationEvent
from shared.topology import room_artist
from shared.versions import microseconds

#: Tokens live an hour as a rule; who was sent away earlier than this has a new one.
MAX_REMEMBERED = 10_000
#: The clock that issues tokens may be ahead of ours by so much, in seconds.
LEEWAY = 5.0

#: A person and a room may be called the same.
_USER, _ROOM = "user", "room"


class Revocations:
    """Tokens of these people, and of these rooms, issued before a moment are void."""

    def __init__(self) -> None:
        self._voided: OrderedDict[tuple[str, str], float] = OrderedDict()

    def add(self, event: RevocationEvent) -> None:
        """Void the tokens that the event's people hold; of a connection none."""
        key = _key_of(event.data)
        moment = microseconds(event.time)
        if key is None or moment is None:
            return
        # Old ones are read again with the stream, and clocks differ.
        self._voided[key] = max(self._voided.get(key, 0.0), moment / 1_000_000)
        self._voided.move_to_end(key)
        if len(self._voided) > MAX_REMEMBERED:
            self._voided.popitem(last=False)

    def covers(self, identity: Identity, seat: Seat) -> bool:
        """Tell whether the token was issued before its owner was sent away."""
        people = {identity.subject, *(seat.artist_ids or ())}
        keys = [(_USER, person) for person in people]
        keys += [(_ROOM, room) for room in {seat.room, *seat.keys}]
        return any(
            moment is not None and identity.issued_at <= moment + LEEWAY
            for moment in map(self._voided.get, keys)
        )


def _key_of(data: RevocationData) -> tuple[str, str] | None:
    if data.user_id is not None:
        return _USER, data.user_id
    return (_ROOM, data.room) if data.room is not None else None


def concerned(
    event: RevocationEvent, connections: Iterable[Connection]
) -> list[Connection]:
    """Return the connections that a revocation ends.

    An old one is read again with the stream: who came back since has a newer token.
    """
    until = (microseconds(event.time) or 0) / 1_000_000 + LEEWAY
    return [
        each
        for each in connections
        if each.identity.issued_at <= until and _is_named(event.data, each)
    ]


def _is_named(data: RevocationData, connection: Connection) -> bool:
    if data.connection_id is not None:
        return connection.connection_id == data.connection_id
    seat = connection.seat
    if data.room is not None:
        return data.room == seat.room or data.room in seat.keys
    user = data.user_id
    return user == connection.identity.subject or (
        user is not None and room_artist(user) in seat.keys
    )
