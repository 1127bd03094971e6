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

from tests.plugins.changes import press
from tests.plugins.services import start_gateway, start_supabase, until
from tests.plugins.sockets import login, users_id
from tests.plugins.world import World

#: Each is some 80 comings and goings, of five witnesses, and three kills.
EXAMPLES = 3
STEPS = 80
WITNESSES = 5
STATUSES = ("pending", "in-review", "approved", "mail")
#: Between two events, in seconds: what happens to clients falls among them.
BREATH = 0.001
CLOSING_EVENTS = 12
#: One gateway tells at once, the other has nearly always something left to tell.
FLUSH_INTERVALS_MS = ("0", "20")


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
actions = {
    "move": st.builds(Move, who, place, st.booleans()),
    "rest": st.builds(Rest, who, st.booleans()),
    "lose": st.builds(LosePlace, who),
    "kill": st.builds(Kill, place, st.sampled_from([True, True, False])),
}
#: A gateway takes long to start again; what happens meanwhile is to others.
often = ["move"] * 18 + ["rest"] * 3 + ["lose", "kill"]
steps = st.tuples(st.integers(0, 90), st.sampled_from(often).flatmap(actions.get))
schedules = st.lists(steps, min_size=STEPS, max_size=STEPS)


@pytest.fixture(scope="module")
def world(start_for_module, bus_url_for_module, tmp_path_factory):
    supabase = start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with ExitStack() as stack:
        made = stack.enter_context(press(bus_url_for_module))
        gateways = [
            start_gateway(
                start_for_module,
                bus_url_for_module,
                supabase.url,
                folder,
                FLUSH_INTERVAL_MS=interval,
            )
            for folder, interval in zip(folders, FLUSH_INTERVALS_MS, strict=True)
        ]
        mails = {n: f"{n}@melotech.test" for n in ("admin", "ada", "ben")}
        yield World(
            made,
            gateways,
            folders,
            tokens={name: login(supabase, mail) for name, mail in mails.items()},
            artists={name: users_id(supabase, mails[name]) for name in ("ada", "ben")},
        )


def witnesses_of(world):
    ada, ben = world.artists["ada"], world.artists["ben"]
    approvals = {"status": "approved", "artist_id": ben[0]}
    return [
        world.witness("admin", "admin"),
        world.witness(f"artist/{ada[0]}", "ada"),
        world.witness(f"artist/{ben[1]}", "ben"),
        world.witness("admin", "admin", wanted=approvals),
        world.witness("admin", "admin", wanted=approvals, wanted_at_once=True),
    ]


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
            told = partial(world.all_told, witnesses)
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
    witnesses = witnesses_of(world)

    try:
        asyncio.run(play(world, schedule, cast, witnesses))
    finally:
        found = enumerate(list(world.faults(each)) for each in witnesses)
        faults = {number: each for number, each in found if each}
        note(f"faults: {faults}")
        note(f"returns: {[witness.returns for witness in witnesses]}")

    assert faults == {}
    # The last time, each came back to where it had just been told its last event.
    assert all(f.returns[-1].known and f.returns[-1].recovered for f in witnesses)
