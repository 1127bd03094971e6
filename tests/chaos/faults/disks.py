"""Disks that are full for a while: the spool's, and those of the change logs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World


def fill(world: World, step: Step) -> None:
    world.disks[step.target.removeprefix("disk of ")].fill()


def free(world: World, step: Step) -> None:
    world.disks[step.target.removeprefix("disk of ")].free()


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    kind = Kind(
        name="fill",
        family="disks",
        targets=tuple(f"disk of {name}" for name in world.disks),
        seconds=(1, 5),
    )
    return [Fault(kind=kind, begin=fill, end=free)]
