"""The system on three brokers, each of them broken in turn, judged by the oracle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

from tests.chaos.clients import SocketListener
from tests.chaos.faults.fault import Fault
from tests.chaos.history import Listening
from tests.chaos.plan import Kind, Step
from tests.chaos.run import Report, Run, Size
from tests.chaos.timeline import Timeline
from tests.chaos.world import Shape, World, world
from tests.cluster import script
from tests.cluster.bus import ClusterBus
from tests.cluster.stalls import Stalls

SHAPE = Shape(
    bus=ClusterBus,
    ingests=("ingest-1", "ingest-2"),
    gateways=("gateway-1", "gateway-2", "gateway-3"),
)
SEED = 3
ACCEPTED, TOLD = "accepted", "told"
#: No row is changed by two senders, so their number may be small.
SIZE = Size(
    admins=3,
    of_each_artist=2,
    streams=1,
    mirrors=1,
    rows=40,
    pushed=12,
    bare=4,
    written=4,
)


def run(folder: Path) -> Report:
    """Break the cluster in each way; the logs stay in the folder."""
    timeline = Timeline()
    with world(folder, timeline, SHAPE) as made:
        timeline.note("everything runs")
        made.bus.settle()
        return asyncio.run(ClusterRun(made, SEED, 0, SIZE).play())


class ClusterRun(Run):
    """A run that follows the script, and notes how long each step stalled things."""

    def faults(self, made: World) -> Sequence[Fault]:
        """Return what the script does, with what it costs noted."""
        bus = cast("ClusterBus", made.bus)
        return [self._watched(each) for each in script.faults(made, bus)]

    def draw(self, seed: int, seconds: float, kinds: Sequence[Kind]) -> Sequence[Step]:
        """Return each of it once, in its order."""
        return script.in_order(kinds)

    async def play(self) -> Report:
        """Play it, and watch."""
        admins = [
            each
            for each in self._listeners
            if each.listening.owner is None and isinstance(each, SocketListener)
        ]
        counts = {
            ACCEPTED: lambda: sum(s.accepted for t in self._traffic for s in t.sent)
        }
        for number, each in enumerate(admins):
            counts[f"{TOLD} {number}"] = partial(_told, each.listening)
        self._stalls = Stalls(counts)
        watching = asyncio.create_task(self._stalls.run())
        try:
            return await super().play()
        finally:
            watching.cancel()

    def _watched(self, fault: Fault) -> Fault:
        """Return the fault with a line of how long nothing was accepted, or told."""
        began = 0.0

        def begin(world: World, step: Step) -> None:
            nonlocal began
            began = time.monotonic()
            fault.begin(world, step)

        def end(world: World, step: Step) -> None:
            fault.end(world, step)
            longest = self._stalls.longest(began, time.monotonic())
            told = [each for name, each in longest.items() if name.startswith(TOLD)]
            self._timeline.note(
                f"STALLS {step.kind}: accepted {longest[ACCEPTED]:.2f} s, told"
                f" {min(told):.2f} s at best, {max(told):.2f} s at worst"
            )

        return Fault(kind=fault.kind, begin=begin, end=end)


def _told(listening: Listening) -> int:
    return sum(len(visit.told) for visit in listening.visits)
