"""All ways to break the world, a module for each family, and how each is undone."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults import brokers, clients, clocks, disks, lines, mails, processes
from tests.chaos.faults.fault import Fault
from tests.chaos.world import World


def all_faults(world: World) -> Sequence[Fault]:
    """Return what can be broken in this world."""
    families = (processes, lines, brokers, disks, clocks, mails, clients)
    found = [fault for family in families for fault in family.faults(world)]
    return [fault for fault in found if fault.kind.family not in world.missing]
