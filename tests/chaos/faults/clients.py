"""Storms: every client loses its socket at the same moment, and they all come back."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World


def storm(world: World, step: Step) -> None:
    for name in world.gateways:
        world.lines[f"to {name}"].cut()


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    kind = Kind(name="cut off", family="clients", targets=("all clients",), rest=2)
    return [Fault(kind=kind, begin=storm)]
