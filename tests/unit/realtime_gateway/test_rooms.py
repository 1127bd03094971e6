"""Rooms: whoever leaves is gone, under every name."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from realtime_gateway.access import Seat
from realtime_gateway.rooms import Rooms


@dataclass(frozen=True)
class Someone:
    number: int
    seat: Seat


SEATS = [
    Seat(room="admin", keys=("admin",)),
    Seat(room="artist:a", keys=("artist:a", "artist:x")),
    Seat(room="artist:b", keys=("artist:b",)),
]
people = st.builds(Someone, st.integers(0, 5), st.sampled_from(SEATS))


class AnyOrder(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rooms = Rooms()
        self.present = set()

    @rule(someone=people)
    def join(self, someone):
        if someone not in self.present:
            self.rooms.join(someone)
            self.present.add(someone)

    @rule(someone=people)
    def leave(self, someone):
        self.rooms.leave(someone)
        self.present.discard(someone)

    @invariant()
    def rooms_hold_exactly_those_who_are_present(self):
        keys = {key for seat in SEATS for key in seat.keys}
        found = [someone for key in keys for someone in self.rooms.members(key)]
        assert set(found) == self.present
        for seat in SEATS:
            for key in seat.keys:
                seated = {p for p in self.present if key in p.seat.keys}
                assert set(self.rooms.members(key)) == seated
        admins = sum(p.seat.room == "admin" for p in self.present)
        counts = {"admin": admins, "artist": len(self.present) - admins}
        assert self.rooms.counts() == counts


TestAnyOrder = AnyOrder.TestCase
