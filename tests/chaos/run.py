"""One run: start everything, break it while changes flow, heal, wait, and judge."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import evidence, oracle
from tests.chaos.cast import Cast
from tests.chaos.clients import Listener
from tests.chaos.conductor import Conductor
from tests.chaos.faults import all_faults
from tests.chaos.faults.fault import Fault
from tests.chaos.history import History
from tests.chaos.plan import Kind, Step, plan
from tests.chaos.quiet import Quiet
from tests.chaos.rows import Rows
from tests.chaos.strangers import Stranger
from tests.chaos.timeline import Timeline
from tests.chaos.traffic import Traffic
from tests.chaos.world import Shape, World, world
from tests.chaos.writers import Writer
from tests.plugins.mails import dead_letters

#: In seconds: before the first fault, and what the world has to become quiet in.
CALM, QUIET_DEADLINE = 2.0, 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much flows: clients of each room, rows of a way, changes a second.

    `admins` and `of_each_artist` have sockets. Of event streams and mirrors of the
    table each artist has one, beside the admins'.
    """

    admins: int = 6
    of_each_artist: int = 2
    streams: int = 2
    mirrors: int = 2
    rows: int = 90
    pushed: float = 40
    bare: float = 15
    written: float = 15


NORMAL = Size()


SMALL = Shape()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run ended: its faults, and what it was about."""

    seed: int
    faults: Sequence[str]
    timeline: str
    steps: Sequence[Step]
    missing: dict[str, str]
    figures: dict[str, float]


def run(
    seed: int,
    *,
    seconds: float,
    folder: Path,
    size: Size = NORMAL,
    shape: Shape = SMALL,
) -> Report:
    """Break the world for so many seconds; its logs stay in the folder."""
    timeline = Timeline()
    with world(folder, timeline, shape) as made:
        timeline.note("everything runs")
        made.bus.settle()
        return asyncio.run(Run(made, seed, seconds, size).play())


class Run:
    """A run in a world that has been made; `faults` and `draw` say what is broken."""

    def __init__(self, made: World, seed: int, seconds: float, size: Size) -> None:
        self._world = made
        self._seed = seed
        self._timeline = made.timeline
        faults = self.faults(made)
        self._steps = self.draw(seed, seconds, [fault.kind for fault in faults])
        self._conductor = Conductor(made, faults)
        self._cast = cast = Cast(made, self._steps)
        self._mirrors = list(cast.mirrors(admins=size.mirrors))
        self._listeners: list[Listener] = [
            *cast.sockets(admins=size.admins, of_each_artist=size.of_each_artist),
            *cast.streams(admins=size.streams),
            *self._mirrors,
        ]
        self._strangers = list(cast.strangers())
        self._traffic = [
            Traffic(
                made.door(door),
                way=way,
                seed=seed,
                rows=size.rows,
                artists=cast.artists,
                per_second=per_second,
            )
            for (way, per_second), door in zip(
                (("push", size.pushed), ("bare", size.bare)),
                itertools.cycle(made.ingests),
                strict=False,
            )
        ]
        dice = random.Random(f"{seed} outbox")
        rows = Rows("outbox", dice, count=size.rows, artists=cast.artists)
        self._writer = Writer(made.outbox, rows, per_second=size.written)

    def faults(self, made: World) -> Sequence[Fault]:
        """Return what can be broken."""
        return all_faults(made)

    def draw(self, seed: int, seconds: float, kinds: Sequence[Kind]) -> Sequence[Step]:
        """Return what is broken, and when."""
        return plan(seed, seconds=seconds, kinds=kinds)

    async def play(self) -> Report:
        """Break, heal, wait and judge."""
        clients: list[Listener | Stranger] = [*self._listeners, *self._strangers]
        tasks = [asyncio.create_task(each.run()) for each in clients]
        sending = [asyncio.create_task(each.run()) for each in self._traffic]
        self._writer.start()
        try:
            await asyncio.sleep(CALM)
            for family, reason in self._world.missing.items():
                self._timeline.note(f"LEFT OUT: {family}: {reason}")
            await self._conductor.conduct(self._steps)
            self._timeline.note("all is healed")
        finally:
            for mirror in self._mirrors:
                mirror.begin_no_more()
            for each in self._traffic:
                each.end()
            await asyncio.to_thread(self._writer.end)
        left = await self._become_quiet()
        for each in self._traffic:
            await each.give_up()
        for task in (*tasks, *sending):
            task.cancel()
        ends = await asyncio.gather(*tasks, *sending, return_exceptions=True)
        broken = [e for e in ends if isinstance(e, Exception)]
        return await asyncio.to_thread(self._judge, [*left, *map(repr, broken)])

    async def _become_quiet(self) -> list[str]:
        quiet = Quiet(self._world, self._traffic, self._writer, self._listeners)
        left = await quiet.wait(QUIET_DEADLINE)
        self._timeline.note("quiet" if not left else f"NOT QUIET: {'; '.join(left)}")
        return left

    def _judge(self, troubles: list[str]) -> Report:
        figures: dict[str, float] = {}
        odd = [each for way in self._traffic for each in way.odd]
        found = [*troubles, *self._conductor.troubles, *odd]
        try:
            history = self._history()
        except Exception as error:  # noqa: BLE001 # the time line tells why
            text = f"{type(error).__name__}: {str(error)[:300]}"
            found.append(f"what happened cannot be read: {text}")
        else:
            found += oracle.faults(history)
            figures = self._figures(history)
        return Report(
            seed=self._seed,
            faults=found,
            timeline=str(self._timeline),
            steps=self._conductor.done,
            missing=self._world.missing,
            figures={"seconds": round(self._timeline.seconds, 1)} | figures,
        )

    def _history(self) -> History:
        made = self._world
        pushed = [each for way in self._traffic for each in way.sent]
        # What needs the services first: at their ends they write no more logs.
        mails, ledger = evidence.mails_of(made), evidence.ledger_of(made)
        webhooks, outcomes = evidence.webhooks_of(made), evidence.outcomes_of(made)
        tables = [
            evidence.table_of(made, gateway, token, reader)
            for gateway in made.gateways
            for reader, token in self._cast.readers()
        ]
        stream = evidence.stream_of(made)
        dead = [str(headers) for headers, _ in dead_letters(made.bus.urls[0])]
        services = evidence.ends_of(made)
        return History(
            sent=[*pushed, *self._writer.sent()],
            stream=stream,
            logs={name: evidence.log_of(made, name) for name in made.gateways},
            mails=mails,
            ledger=ledger,
            listening=[each.listening for each in self._listeners],
            webhooks=webhooks,
            outcomes=outcomes,
            tables=[*tables, *(each.table for each in self._mirrors)],
            stood=evidence.stood(made),
            overheard=[what for each in self._strangers for what in each.heard],
            services=services,
            dead=dead,
        )

    def _figures(self, history: History) -> dict[str, float]:
        visits = [visit for each in history.listening for visit in each.visits]
        return {
            "sent": len(history.sent),
            "accepted": sum(each.accepted for each in history.sent),
            "mails": len(history.mails),
            "welcomes": len(visits),
            "tables_read": sum(mirror.begun for mirror in self._mirrors),
            "webhooks": len(history.webhooks),
            "told": sum(len(visit.told) for visit in visits),
            "strangers_turned_away": sum(each.tries for each in self._strangers),
            "twice_in_the_stream": oracle.copies(history),
        }
