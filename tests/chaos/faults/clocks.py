"""Clocks of single services that jump, and jump back again."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World

#: In seconds, both ways.
SHIFTS = (2, 20, 240, 900, 7_200, 21_600)


def shift(world: World, step: Step) -> None:
    world.clocks[step.target.removeprefix("clock of ")].shift(int(step.detail))


def back(world: World, step: Step) -> None:
    world.clocks[step.target.removeprefix("clock of ")].shift(0)


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    kind = Kind(
        name="shift",
        family="clocks",
        targets=tuple(f"clock of {name}" for name in world.clocks),
        seconds=(2, 6),
        details=tuple(f"{sign}{shift}" for shift in SHIFTS for sign in "+-"),
        # Until the service has seen it.
        rest=2,
    )
    return [Fault(kind=kind, begin=shift, end=back)]
