"""A connection with a seat: what its client wants, and how far it has been told."""

from __future__ import annotations

from enum import Enum, auto

from realtime_gateway import protocol
from realtime_gateway.access import Address, Identity, Seat
from realtime_gateway.outlet import Outlet
from realtime_gateway.pace import Pace
from realtime_gateway.protocol import EVERYTHING, Wanted
from shared.events import Event


class State(Enum):
    """How a connection is told of events.

    REPLAYING: what it missed, from the change log. LIVE: as they happen. LAGGING: it
    did not take them fast enough, and gets them from the change log when it does.
    """

    REPLAYING = auto()
    LIVE = auto()
    LAGGING = auto()


class Connection:
    """A member of a room.

    `position` is that of the last event it was told; while it is live the hub knows it.
    """

    __slots__ = (
        "address",
        "connection_id",
        "ends_at",
        "identity",
        "outlet",
        "pace",
        "position",
        "seat",
        "since_when",
        "state",
        "wanted",
        "welcomed",
    )

    def __init__(
        self,
        outlet: Outlet,
        *,
        connection_id: str,
        address: Address,
        seat: Seat,
        identity: Identity,
        wanted: Wanted | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.outlet = outlet
        self.connection_id = connection_id
        self.address = address
        self.seat = seat
        self.identity = identity
        self.wanted = wanted or EVERYTHING
        self.pace = pace
        self.position = 0
        self.welcomed = False
        self.state = State.REPLAYING
        #: When its state began, in the loop's seconds.
        self.since_when = 0.0
        #: When its token's end is watched for (expiry.py), in Unix seconds.
        self.ends_at: float | None = None

    def may_see(self, event: Event) -> bool:
        """Tell whether the event is of its room, and asked for."""
        in_room = any(room in self.seat.keys for room in protocol.rooms_of(event))
        return in_room and self.wanted.matches(event)
