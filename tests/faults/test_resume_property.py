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
from tests.plugins.followers import Follower, Sightings
from tests.plugins.services import start_gateway, start_supabase, until
from tests.plugins.sockets import login, users_id

EXAMPLES = 7
STEPS = 45
FOLLOWERS = 5
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


who = st.integers(0, FOLLOWERS - 1)
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
        self.press.publish(event)
        self.sightings.add(event.id)

    def kill(self, gateway, *, keep_file):
        self.gateways[gateway].kill()
        if not keep_file:
            for file in self._folders[gateway].iterdir():
                file.unlink()
        self.sightings.started(self.gateways[gateway].port)
        self.gateways[gateway].start(wait=False)

    def followers(self):
        ada, ben = self.artists["ada"], self.artists["ben"]
        approvals = {"status": "approved", "artist_id": ben[0]}
        return [
            self._follower("admin", "admin"),
            self._follower(f"artist/{ada[0]}", "ada"),
            self._follower(f"artist/{ben[1]}", "ben"),
            self._follower("admin", "admin", wanted=approvals),
            self._follower("admin", "admin", wanted=approvals, wanted_at_once=True),
        ]

    def expected(self, follower, after):
        """Return the ids that a follower had to be told after this one."""
        ids = [event.id for event in self.press.published]
        start = ids.index(after) + 1 if after else 0
        return [e.id for e in self.press.published[start:] if follower.concerns(e)]

    def _follower(self, room, name, **wishes):
        return Follower(
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


async def play(world, schedule, cast, followers):
    with Storyteller(world, cast) as story:
        await story.tell(len(cast))
        for number, follower in enumerate(followers):
            follower.go_to(number)
        for events, step in schedule:
            # What follows happens while these are being published.
            await story.tell(events)
            await do(world, followers, step)
        for gateway in world.gateways:
            await asyncio.to_thread(gateway.wait_ready)
        for _ in range(2):
            for number, follower in enumerate(followers):
                await follower.leave()
                follower.go_to(number)
            await story.tell(CLOSING_EVENTS * len(cast))
            told = partial(all_told, world, followers)
            await asyncio.to_thread(until, told, timeout=40)
    for follower in followers:
        await follower.leave()


async def do(world, followers, step):
    if isinstance(step, Kill):
        world.kill(step.place, keep_file=step.keep_file)
        return
    follower = followers[step.who]
    await follower.leave(cleanly=getattr(step, "cleanly", True))
    if isinstance(step, LosePlace):
        follower.since = "evt_that_nobody_ever_saw"
    if not isinstance(step, Rest):
        follower.go_to(getattr(step, "place", step.who))


def all_told(world, followers):
    return all(
        follower.stays
        and follower.stays[-1].told[-1:]
        == world.expected(follower, follower.stays[-1].after)[-1:]
        for follower in followers
    )


def faults_of(world, follower):
    """Return where a follower was told too much, too little, or out of order."""
    if follower.refused_with or follower.unasked:
        yield f"refused {follower.refused_with}, unasked {follower.unasked[:5]}"
    for number, stay in enumerate(follower.stays, start=1):
        expected = world.expected(follower, stay.after)
        if number < len(follower.stays):
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
    for each in follower.returns:
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
def test_every_follower_is_told_exactly_what_happens_in_its_room(world, data, schedule):
    cast = data.draw(casts(world))
    followers = world.followers()

    try:
        asyncio.run(play(world, schedule, cast, followers))
    finally:
        found = enumerate(list(faults_of(world, each)) for each in followers)
        faults = {number: each for number, each in found if each}
        note(f"faults: {faults}")
        note(f"returns: {[follower.returns for follower in followers]}")

    assert faults == {}
    # The last time, each came back to where it had just been told its last event.
    assert all(f.returns[-1].known and f.returns[-1].recovered for f in followers)
