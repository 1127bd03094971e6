"""Whatever happens to sockets and gateways, a client is told all of its room, once.

Two gateways as processes of their own on one broker; clients that come and go, hop
between them and lose their place, while events are published and gateways die.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.plugins.changes import change, mail, press
from tests.plugins.services import start_gateway, start_supabase, until
from tests.plugins.sockets import login, users_id
from tests.plugins.witnesses import Sightings, Witness

EXAMPLES = 7
STEPS = 45
WITNESSES = 5
STATUSES = ("pending", "in-review", "approved", "mail")
#: Between two events, in seconds: what happens to clients falls among them.
BREATH = 0.001
CLOSING_EVENTS = 12


@dataclass(frozen=True)
class Move:
    """Hang up, and be at this gateway at once."""

    who: int
    place: int
    cleanly: bool


@dataclass(frozen=True)
class Rest:
    """Hang up, and stay away until something else moves the client."""

    who: int
    cleanly: bool


@dataclass(frozen=True)
class LosePlace:
    """Come back with an id that nobody has ever seen."""

    who: int


@dataclass(frozen=True)
class Kill:
    """End a gateway with kill -9 and start it again, with its file or without."""

    place: int
    keep_file: bool


who = st.integers(0, WITNESSES - 1)
place = st.integers(0, 1)
moves = st.builds(Move, who, place, st.booleans())
steps = st.tuples(
    st.integers(0, 90),
    st.one_of(
        moves,
        moves,
        moves,
        st.builds(Rest, who, st.booleans()),
        st.builds(LosePlace, who),
        st.builds(Kill, place, st.sampled_from([True, True, False])),
    ),
)
schedules = st.lists(steps, min_size=STEPS, max_size=STEPS)


class World:
    """The broker, two gateways, and everything that was ever published."""

    def __init__(self, press, gateways, folders, tokens, artists):
        self.press = press
        self.gateways = gateways
        self.tokens = tokens
        self.artists = artists
        self.sightings = Sightings()
        self.returns = []
        self._folders = folders

    def publish(self, cast):
        """Publish one event: `cast` is the artist and the status of each turn."""
        number = len(self.press.published)
        artist, status = cast[number % len(cast)]
        row = f"{artist}-{number % 5}"
        event = (
            mail(submission=row)
            if status == "mail"
            else change(artist=artist, submission=row, status=status, sequence=number)
        )
        self.sightings.publishing(event.id)
        self.press.publish(event)
        self.sightings.published(event.id)

    def kill(self, gateway, *, keep_file):
        self.gateways[gateway].kill()
        if not keep_file:
            for file in self._folders[gateway].iterdir():
                file.unlink()
        self.sightings.started(self.gateways[gateway].port)
        self.gateways[gateway].start(wait=False)

    def witnesses(self):
        ada, ben = self.artists["ada"], self.artists["ben"]
        approvals = {"status": "approved", "artist_id": ben[0]}
        return [
            self._witness("admin", "admin"),
            self._witness(f"artist/{ada[0]}", "ada"),
            self._witness(f"artist/{ben[1]}", "ben"),
            self._witness("admin", "admin", wanted=approvals),
            self._witness("admin", "admin", wanted=approvals, wanted_at_once=True),
        ]

    def expected(self, witness, after):
        """Return the ids that a witness had to be told after this one."""
        ids = [event.id for event in self.press.published]
        start = ids.index(after) + 1 if after else 0
        return [e.id for e in self.press.published[start:] if witness.concerns(e)]

    def _witness(self, room, name, **wishes):
        return Witness(
            self.gateways,
            room,
            self.tokens[name],
            sightings=self.sightings,
            owner=self.artists.get(name),
            **wishes,
        )


@pytest.fixture(scope="module")
def world(start_for_module, bus_url_for_module, tmp_path_factory):
    supabase = start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with ExitStack() as stack:
        made = stack.enter_context(press(bus_url_for_module))
        gateways = [
            start_gateway(start_for_module, bus_url_for_module, supabase.url, folder)
            for folder in folders
        ]
        mails = {n: f"{n}@melotech.test" for n in ("admin", "ada", "ben")}
        yield World(
            made,
            gateways,
            folders,
            {name: login(supabase, mail) for name, mail in mails.items()},
            {name: users_id(supabase, mails[name]) for name in ("ada", "ben")},
        )


class Storyteller:
    """Publishes in the background, up to where it is asked to."""

    def __init__(self, world, cast):
        self.count = 0
        self._world = world
        self._cast = cast
        self._asked = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    async def tell(self, more):
        self._asked += more
        while self.count < self._asked:
            assert self._thread.is_alive()
            await asyncio.sleep(0.002)

    def _run(self):
        while not self._ended.is_set():
            time.sleep(BREATH)
            if self.count < self._asked:
                self._world.publish(self._cast)
                self.count += 1


def casts(world):
    people = [*world.artists["ada"], *world.artists["ben"], "somebody-else", None]
    return st.lists(
        st.tuples(st.sampled_from(people), st.sampled_from(STATUSES)),
        min_size=7,
        max_size=13,
    )


async def play(world, schedule, cast, witnesses):
    with Storyteller(world, cast) as story:
        await story.tell(len(cast))
        for number, witness in enumerate(witnesses):
            witness.go_to(number)
        for events, step in schedule:
            # What follows happens while these are being published.
            await story.tell(events)
            await do(world, witnesses, step)
        for gateway in world.gateways:
            await asyncio.to_thread(gateway.wait_ready)
        for _ in range(2):
            for number, witness in enumerate(witnesses):
                await witness.leave()
                witness.go_to(number)
            await story.tell(CLOSING_EVENTS * len(cast))
            told = partial(all_told, world, witnesses)
            await asyncio.to_thread(until, told, timeout=40)
    for witness in witnesses:
        await witness.leave()


async def do(world, witnesses, step):
    if isinstance(step, Kill):
        world.kill(step.place, keep_file=step.keep_file)
        return
    witness = witnesses[step.who]
    await witness.leave(cleanly=getattr(step, "cleanly", True))
    if isinstance(step, LosePlace):
        witness.since = "evt_that_nobody_ever_saw"
    if not isinstance(step, Rest):
        witness.go_to(getattr(step, "place", step.who))


def all_told(world, witnesses):
    return all(
        witness.stays
        and witness.stays[-1].told[-1:]
        == world.expected(witness, witness.stays[-1].after)[-1:]
        for witness in witnesses
    )


def faults_of(world, witness):
    """Return where a witness was told too much, too little, or out of order."""
    if witness.refused_with or witness.unasked:
        yield f"refused {witness.refused_with}, unasked {witness.unasked[:5]}"
    for number, stay in enumerate(witness.stays, start=1):
        expected = world.expected(witness, stay.after)
        if number < len(witness.stays):
            expected = expected[: len(stay.told)]
        if stay.told != expected:
            told = enumerate(zip(stay.told, expected, strict=False))
            first = next((i for i, (a, b) in told if a != b), None)
            first = min(len(stay.told), len(expected)) if first is None else first
            yield (
                f"after {stay.after}, from {first} of {len(expected)}:"
                f" told {stay.told[first : first + 5]},"
                f" not {expected[first : first + 5]}"
            )
    for each in witness.returns:
        if each.known and not each.recovered:
            yield f"{each} had to recover"


@pytest.mark.timeout(240)
@settings(
    max_examples=EXAMPLES,
    derandomize=os.environ.get("CI") == "true",
    database=None,
    # One example takes seconds: shrinking one would take an hour.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(data=st.data(), schedule=schedules)
def test_every_witness_is_told_exactly_what_happens_in_its_room(world, data, schedule):
    cast = data.draw(casts(world))
    witnesses = world.witnesses()

    try:
        asyncio.run(play(world, schedule, cast, witnesses))
    finally:
        found = enumerate(list(faults_of(world, each)) for each in witnesses)
        faults = {number: each for number, each in found if each}
        note(f"faults: {faults}")
        note(f"returns: {[witness.returns for witness in witnesses]}")

    assert faults == {}
    # The last time, each came back to where it had just been told its last event.
    assert all(f.returns[-1].known and f.returns[-1].recovered for f in witnesses)
