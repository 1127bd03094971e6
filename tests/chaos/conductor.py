"""Carries out a plan while everything flows, and heals what was broken at the end."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Step
from tests.chaos.world import World

#: Several faults are begun or ended at once; some take seconds for it.
THREADS = 16


class Conductor:
    """Does each step at its time; what holds the same thing waits for its turn.

    `troubles` are steps that could not be done, which is a fault of the run.
    """

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self.troubles: list[str] = []
        self.done: list[Step] = []
        self._faults = {(each.kind.family, each.kind.name): each for each in faults}
        self._world = world
        self._timeline = world.timeline
        self._held: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._threads = ThreadPoolExecutor(THREADS, "conductor")

    async def conduct(self, steps: Sequence[Step]) -> None:
        """Do all of them, and return when the last one is healed."""
        began = time.monotonic()
        await asyncio.gather(*(self._do(step, began) for step in steps))
        self._threads.shutdown()

    async def _do(self, step: Step, began: float) -> None:
        await asyncio.sleep(max(0.0, began + step.at - time.monotonic()))
        fault = self._faults[step.family, step.kind]
        async with AsyncExitStack() as holding:
            for name in sorted(step.holds):
                await holding.enter_async_context(self._held[name])
            self._timeline.note(str(step))
            if await self._try(fault, step, "begin"):
                await asyncio.sleep(step.seconds)
            if await self._try(fault, step, "end") and step.seconds:
                self._timeline.note(f"over: {step.kind} {step.target}")
        self.done.append(step)

    async def _try(self, fault: Fault, step: Step, what: str) -> bool:
        loop, do = asyncio.get_running_loop(), getattr(fault, what)
        try:
            await loop.run_in_executor(self._threads, do, self._world, step)
        except Exception as error:  # noqa: BLE001 # the others go on
            text = f"{what} of {step}: {type(error).__name__}: {str(error)[:300]}"
            self._timeline.note(f"NOT DONE: {text}")
            self.troubles.append(text)
            return False
        return True
