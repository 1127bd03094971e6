"""Brokers that die, restart, hang, or take no more for want of memory or disk."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World

FAMILY = "brokers"


def kill(world: World, step: Step) -> None:
    world.bus.nodes[step.target].kill()


def stop(world: World, step: Step) -> None:
    world.bus.nodes[step.target].stop()


def start(world: World, step: Step) -> None:
    world.bus.nodes[step.target].start()


def pause(world: World, step: Step) -> None:
    world.bus.nodes[step.target].pause()


def resume(world: World, step: Step) -> None:
    world.bus.nodes[step.target].resume()


def alarm(world: World, step: Step) -> None:
    world.bus.nodes[step.target].alarm(step.detail)


def ease(world: World, step: Step) -> None:
    world.bus.nodes[step.target].ease(step.detail)


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""

    def kind(name: str, longest: float, rest: float = 4, **others: object) -> Kind:
        return Kind(
            name=name,
            family=FAMILY,
            targets=tuple(world.bus.nodes),
            seconds=(0.5, longest),
            rest=rest,
            holds=("brokers",),
            **others,
        )

    return [
        Fault(kind=kind("kill -9", 3, 8), begin=kill, end=start),
        Fault(kind=kind("restart", 2, 8), begin=stop, end=start),
        Fault(kind=kind("stop from running", 4), begin=pause, end=resume),
        Fault(kind=kind("alarm", 4, details=("memory", "disk")), begin=alarm, end=ease),
    ]
