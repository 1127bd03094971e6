"""Who listens: admins and artists in their rooms, and strangers at the doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from tests.chaos.clients import Listener, Stranger
from tests.chaos.history import Listening
from tests.chaos.plan import Step
from tests.chaos.world import World
from tests.plugins.sockets import login, users_id

PEOPLE = ("ada", "ben", "cleo")
#: Artists that nobody listens for.
OTHERS = tuple(f"artist-{number}" for number in range(24))


class Cast:
    """Everybody, by the accounts of the Supabase stand-in."""

    def __init__(self, world: World, steps: Sequence[Step]) -> None:
        self._doors = world.doors
        self._wrong_clocks = {s.target for s in steps if s.family == "clocks"}
        names = ("admin", *PEOPLE)
        mails = {name: f"{name}@melotech.test" for name in names}
        self._ids = {name: users_id(world.supabase, mails[name]) for name in PEOPLE}
        self._tokens = {name: login(world.supabase, mails[name]) for name in names}

    @property
    def artists(self) -> list[str]:
        """Return the ids that rows have: both of each artist, and those of others."""
        return [*chain.from_iterable(self._ids.values()), *OTHERS]

    def listeners(self, *, admins: int, of_each_artist: int) -> Iterator[Listener]:
        """Yield so many; each begins at another gateway than the one before."""
        rooms = [("admin", "admin")] * admins
        for name, ids in self._ids.items():
            rooms += [(f"artist/{ids[n % 2]}", name) for n in range(of_each_artist)]
        for number, (room, name) in enumerate(rooms):
            owner = frozenset(self._ids[name]) if name in self._ids else None
            yield Listener(
                self._doors if number % 2 else self._doors[::-1],
                room,
                self._tokens[name],
                listening=Listening(name=f"{name} {number}", owner=owner),
                is_excused=self._had_a_wrong_clock,
            )

    def strangers(self) -> Iterator[Stranger]:
        """Yield those who try what must not open a room."""
        ids, tokens = self._ids, self._tokens
        for room, name, token in (
            (f"artist/{ids['ada'][0]}", "ben", tokens["ben"]),
            (f"artist/{ids['ben'][1]}", "cleo", tokens["cleo"]),
            ("admin", "ada", tokens["ada"]),
            ("admin", "nobody", "no.token.at-all"),
            ("admin", "a forger", tokens["admin"][:-8] + "AAAAAAAA"),
        ):
            yield Stranger(self._doors, room, token, name=f"{name} in {room}")

    def _had_a_wrong_clock(self, gateway: str) -> bool:
        return f"clock of {gateway}" in self._wrong_clocks
