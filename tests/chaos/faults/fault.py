"""One way to break something: its kind, for the plan, and how it is done and undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.plan import Kind, Step
from tests.chaos.world import World

Do = Callable[[World, Step], None]


def nothing(world: World, step: Step) -> None:
    """Do nothing: what was done is over by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`begin` breaks the step's target, `end` heals it; each may take its time."""

    kind: Kind
    begin: Do
    end: Do = nothing
