"""Processes that are killed, stopped from running, or asked to end, and come back."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress

import psutil

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World
from tests.plugins.services import until

FAMILY = "processes"
#: For one gateway, before the next is restarted, in seconds.
LONGEST_WAIT = 10


def kill(world: World, step: Step) -> None:
    world.kill(step.target)


def start(world: World, step: Step) -> None:
    world.start(step.target)


def kill_worker(world: World, step: Step) -> None:
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(world.services[step.target].pid)
        workers = sorted(parent.children(), key=lambda child: child.pid)
        if workers:
            random.Random(step.at).choice(workers).kill()


def pause(world: World, step: Step) -> None:
    os.killpg(world.services[step.target].pid, signal.SIGSTOP)


def resume(world: World, step: Step) -> None:
    os.killpg(world.services[step.target].pid, signal.SIGCONT)


def restart(world: World, step: Step) -> None:
    world.stop(step.target)
    world.start(step.target)


def roll(world: World, step: Step) -> None:
    for name in world.gateways:
        world.stop(name)
        world.start(name)
        with suppress(AssertionError):  # what it needs may be away for longer
            until(world.services[name].is_ready, timeout=LONGEST_WAIT)


def crash_database(world: World, step: Step) -> None:
    world.postgres.stop()


def start_database(world: World, step: Step) -> None:
    world.postgres.restart()


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    every = tuple(world.services)

    def kind(name: str, targets: tuple[str, ...], **others: object) -> Kind:
        return Kind(name=name, family=FAMILY, targets=targets, **others)

    return [
        Fault(
            kind=kind("kill -9", every, seconds=(0.1, 3), rest=4),
            begin=kill,
            end=start,
        ),
        Fault(
            kind=kind("kill -9 a worker of", world.ingests, rest=3), begin=kill_worker
        ),
        Fault(
            kind=kind("stop from running", every, seconds=(0.5, 5)),
            begin=pause,
            end=resume,
        ),
        Fault(kind=kind("restart", every, rest=5), begin=restart),
        Fault(
            kind=kind("restart in turn", ("gateways",), holds=world.gateways, rest=12),
            begin=roll,
        ),
        Fault(
            kind=kind("crash", ("postgresql",), seconds=(0.2, 3), rest=4),
            begin=crash_database,
            end=start_database,
        ),
    ]
