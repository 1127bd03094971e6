"""Mailgun on a bad day: slow, refusing, or taking mails without telling so."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World
from tests.plugins.mails import behave

FAMILY = "mails"
#: Each as the stand-in is told. What it takes without an answer must be found out.
TROUBLES = (
    {"latency_ms": 800},
    {"latency_ms": 1_900},
    {"mode": "status", "status": 500},
    {"mode": "status", "status": 503},
    {"mode": "status", "status": 429, "retry_after_seconds": 1},
    {"mode": "accept_then_drop"},
    {"mode": "accept_then_hang", "seconds": 3},
    {"mode": "half"},
    {"mode": "garbage"},
    {"mode": "drop"},
    {"mode": "hang", "seconds": 3},
)


def begin(world: World, step: Step) -> None:
    behave(world.mailgun, **json.loads(step.detail))


def end(world: World, step: Step) -> None:
    behave(world.mailgun)


def faults(world: World) -> Sequence[Fault]:
    """Return the family."""
    kind = Kind(
        name="trouble at",
        family=FAMILY,
        targets=("mailgun",),
        details=tuple(json.dumps(each) for each in TROUBLES),
        seconds=(0.5, 4),
    )
    return [Fault(kind=kind, begin=begin, end=end)]
