"""Rooms: whoever leaves is gone, under every name, and like gets like."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from realtime_gateway import frames
from realtime_gateway.access import AdminRoom, Identity, Seat
from realtime_gateway.connection import Connection
from realtime_gateway.outlet import Outlet
from realtime_gateway.protocol import EVERYTHING, Wanted
from realtime_gateway.rooms import Rooms

SEATS = [
    Seat(room="admin", keys=("admin",)),
    Seat(room="artist:a", keys=("artist:a", "artist:x")),
    Seat(room="artist:b", keys=("artist:b",)),
]
WANTED = [EVERYTHING, Wanted(status="pending")]
ENCODINGS = [frames.text, frames.deflated_text]


def connection(seat, wanted, encoding):
    return Connection(
        Outlet(None, encoding=encoding, max_buffer=1),
        connection_id="c",
        address=AdminRoom(),
        seat=seat,
        identity=Identity(subject="s", issued_at=0, expires_at=0, admin_by_token=False),
        wanted=wanted,
    )


PEOPLE = [
    connection(seat, wanted, encoding)
    for seat in SEATS
    for wanted in WANTED
    for encoding in ENCODINGS
    for _ in range(2)
]


class AnyOrder(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rooms = Rooms()
        self.present = set()

    @rule(someone=st.sampled_from(PEOPLE))
    def join(self, someone):
        self.rooms.join(someone)
        self.present.add(someone)

    @rule(someone=st.sampled_from(PEOPLE))
    def leave(self, someone):
        self.rooms.leave(someone)
        self.present.discard(someone)

    @invariant()
    def rooms_hold_exactly_those_who_are_present(self):
        for key in {key for seat in SEATS for key in seat.keys}:
            audiences = self.rooms.audiences(key)
            members = [m for each in audiences for m in each.members]
            assert len(members) == len(set(members))
            assert set(members) == {p for p in self.present if key in p.seat.keys}
            assert all(each.members for each in audiences)

    @invariant()
    def members_of_an_audience_get_the_same_bytes(self):
        for key in {key for seat in SEATS for key in seat.keys}:
            for audience in self.rooms.audiences(key):
                alike = {(m.wanted, m.outlet.encoding) for m in audience.members}
                assert alike == {(audience.wanted, audience.encoding)}


TestAnyOrder = AnyOrder.TestCase
