"""Brokers that die, restart, hang, or take no more for want of memory or disk."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World

FAMILY = "brokers"
MEMORY, ENOUGH_MEMORY = ("set_vm_memory_high_watermark",), "0.4"
DISK = ("set_disk_free_limit",)
#: More than any machine has free, and less than any has that runs this.
ALARMING, HARMLESS = "900TB", "50MB"


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    nodes = world.bus.nodes

    def kill(step: Step) -> None:
        nodes[step.target].kill()

    def stop(step: Step) -> None:
        nodes[step.target].stop()

    def start(step: Step) -> None:
        nodes[step.target].start()

    def pause(step: Step) -> None:
        nodes[step.target].pause()

    def resume(step: Step) -> None:
        nodes[step.target].resume()

    def alarm_memory(step: Step) -> None:
        nodes[step.target].control(*MEMORY, "0.0000001")

    def end_memory_alarm(step: Step) -> None:
        nodes[step.target].control(*MEMORY, ENOUGH_MEMORY)

    def alarm_disk(step: Step) -> None:
        nodes[step.target].control(*DISK, ALARMING)

    def end_disk_alarm(step: Step) -> None:
        nodes[step.target].control(*DISK, HARMLESS)

    def kind(name: str, longest: float, rest: float = 5) -> Kind:
        return Kind(
            name=name,
            family=FAMILY,
            targets=tuple(nodes),
            seconds=(0.5, longest),
            rest=rest,
            holds=("brokers",),
        )

    return [
        Fault(kind=kind("kill -9", 3, 9), begin=kill, end=start),
        Fault(kind=kind("restart", 2, 9), begin=stop, end=start),
        Fault(kind=kind("stop from running", 4), begin=pause, end=resume),
        Fault(
            kind=kind("memory alarm at", 3), begin=alarm_memory, end=end_memory_alarm
        ),
        Fault(kind=kind("disk alarm at", 3), begin=alarm_disk, end=end_disk_alarm),
    ]
