"""Who listens: admins and artists in their rooms, and strangers at the doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from tests.chaos.clients import SocketListener
from tests.chaos.history import Listening
from tests.chaos.mirrors import Mirror
from tests.chaos.plan import Step
from tests.chaos.strangers import Asker, SocketStranger, Stranger
from tests.chaos.streams import StreamListener
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

    def sockets(self, *, admins: int, of_each_artist: int) -> Iterator[SocketListener]:
        """Yield so many; each begins at another gateway than the one before."""
        rooms = [("admin", "admin")] * admins
        for name, ids in self._ids.items():
            rooms += [(f"artist/{ids[n % 2]}", name) for n in range(of_each_artist)]
        for number, (room, name) in enumerate(rooms):
            yield SocketListener(room=room, **self._given(f"{name} {number}", number))

    def streams(self, *, admins: int) -> Iterator[StreamListener]:
        """Yield so many, and one for each artist."""
        for number, name in enumerate(["admin"] * admins + [*PEOPLE]):
            yield StreamListener(**self._given(f"{name} streaming {number}", number))

    def mirrors(self, *, admins: int) -> Iterator[Mirror]:
        """Yield so many, and one for each artist."""
        for number, name in enumerate(["admin"] * admins + [*PEOPLE]):
            yield Mirror(**self._given(f"{name} mirroring {number}", number))

    def readers(self) -> Iterator[tuple[Listening, str]]:
        """Yield who may read the table, each with a token."""
        for name in ("admin", PEOPLE[0]):
            yield Listening(name=name, owner=self._owner(name)), self._tokens[name]

    def _given(self, title: str, number: int) -> dict[str, Any]:
        name = title.partition(" ")[0]
        return {
            "doors": self._doors if number % 2 else self._doors[::-1],
            "token": self._tokens[name],
            "listening": Listening(name=title, owner=self._owner(name)),
            "is_excused": self._had_a_wrong_clock,
        }

    def _owner(self, name: str) -> frozenset[str] | None:
        return frozenset(self._ids[name]) if name in self._ids else None

    def strangers(self) -> Iterator[Stranger]:
        """Yield those who try what must open no room and show no row."""
        ids, tokens, doors = self._ids, self._tokens, self._doors
        forged = tokens["admin"][:-8] + "AAAAAAAA"
        for room, name, token in (
            (f"artist/{ids['ada'][0]}", "ben", tokens["ben"]),
            (f"artist/{ids['ben'][1]}", "cleo", tokens["cleo"]),
            ("admin", "ada", tokens["ada"]),
            ("admin", "nobody", "no.token.at-all"),
            ("admin", "a forger", forged),
        ):
            yield SocketStranger(doors, token, room=room, name=name)
        adas = f"/api/submissions?artist_id={ids['ada'][0]}"
        yield Asker(doors, tokens["ben"], path=adas, name="ben")
        yield Asker(doors, forged, path="/api/events", name="a forger")

    def _had_a_wrong_clock(self, gateway: str) -> bool:
        return f"clock of {gateway}" in self._wrong_clocks
