"""Disks that are full for a while, and change logs that are lost."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World


def fill(world: World, step: Step) -> None:
    world.disks[step.target.removeprefix("disk of ")].fill()


def free(world: World, step: Step) -> None:
    world.disks[step.target.removeprefix("disk of ")].free()


def lose(world: World, step: Step) -> None:
    world.kill(step.target)
    for file in (world.folder / step.target).glob("changes.sqlite3*"):
        file.unlink()


def start(world: World, step: Step) -> None:
    world.start(step.target)


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    kind = Kind(
        name="fill",
        family="disks",
        targets=tuple(f"disk of {name}" for name in world.disks),
        seconds=(1, 5),
    )
    lost = Kind(
        name="lose the file of",
        family="processes",
        targets=world.gateways,
        seconds=(0.1, 2),
        rest=4,
    )
    return [
        Fault(kind=kind, begin=fill, end=free),
        Fault(kind=lost, begin=lose, end=start),
    ]
