"""Who was sent away by an operator, and is not let in again with the same token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from realtime_gateway.access import Identity, Seat
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from shared.events import RevocationData, RevocationEvent
from shared.topology import room_artist
from shared.versions import microseconds

#: Tokens live an hour as a rule; who was sent away earlier than this has a new one.
MAX_REMEMBERED = 10_000
#: The clock that issues tokens may be ahead of ours by so much, in seconds.
LEEWAY = 5.0


class Revocations:
    """Tokens of these people, and of these rooms, issued before a moment are void."""

    def __init__(self) -> None:
        self._voided: OrderedDict[str, float] = OrderedDict()

    def add(self, event: RevocationEvent) -> None:
        """Void the tokens that the event's people hold."""
        data = event.data
        key = data.user_id or data.room
        moment = microseconds(event.time)
        if key is None or moment is None:
            return
        self._voided[key] = moment / 1_000_000
        self._voided.move_to_end(key)
        if len(self._voided) > MAX_REMEMBERED:
            self._voided.popitem(last=False)

    def covers(self, identity: Identity, seat: Seat) -> bool:
        """Tell whether the token was issued before its owner was sent away."""
        names = {identity.subject, seat.room, *seat.keys}
        names |= set(seat.artist_ids or ())
        voided = (self._voided.get(name) for name in names)
        # A token tells whole seconds: one of the same second is the older one.
        return any(moment and identity.issued_at <= moment for moment in voided)


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


class Revoker:
    """Carry out revocations: end connections, and keep their owners' tokens out."""

    def __init__(
        self,
        revocations: Revocations,
        connections: Callable[[], Iterable[Connection]],
        *,
        on_ended: Callable[[Identity], None],
    ) -> None:
        self._revocations = revocations
        self._connections = connections
        self._on_ended = on_ended

    def carry_out(self, event: RevocationEvent) -> int:
        """Return how many connections ended here."""
        self._revocations.add(event)
        ended = concerned(event, self._connections())
        for connection in ended:
            self._on_ended(connection.identity)
            connection.outlet.end(CloseCode.TOKEN_REFUSED)
        return len(ended)
