"""Connections that are cut, refused, or lose what comes back on them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World

FAMILY = "lines"


def cut(world: World, step: Step) -> None:
    world.lines[step.target].cut()


def refuse(world: World, step: Step) -> None:
    world.lines[step.target].refuse()


def allow(world: World, step: Step) -> None:
    world.lines[step.target].allow()


def swallow(world: World, step: Step) -> None:
    world.lines[step.target].swallow()


def pass_on(world: World, step: Step) -> None:
    # First of all: no connection goes on in the middle of a frame.
    world.lines[step.target].cut()
    world.lines[step.target].pass_on()


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    every = tuple(world.lines)

    def kind(name: str, **others: object) -> Kind:
        return Kind(name=name, family=FAMILY, targets=every, **others)

    return [
        Fault(kind=kind("cut"), begin=cut),
        Fault(kind=kind("refuse", seconds=(0.5, 5)), begin=refuse, end=allow),
        Fault(kind=kind("lose answers", seconds=(0.2, 2)), begin=swallow, end=pass_on),
    ]
