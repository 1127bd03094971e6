"""What is broken, when and for how long: drawn from a seed, the same for the same seed.

Pure. What can be broken is told by the caller, as kinds with their targets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

#: Seconds of which one fault begins, on the average: several overlap.
SPACING = 1.3
#: At the end nothing new begins, so that what is broken has an effect under load.
LAST_PART = 0.1
#: A fault that finds no free place after so many tries is left out.
TRIES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to break something.

    `seconds` are the shortest and the longest that it lasts, `rest` how long its target
    is left alone afterwards. Two that hold the same thing never come at the same time:
    `holds`, or the target itself.
    """

    name: str
    family: str
    targets: tuple[str, ...]
    seconds: tuple[float, float] = (0.0, 0.0)
    details: tuple[str, ...] = ("",)
    rest: float = 1.0
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Break the target `at` seconds after the beginning, for so many `seconds`."""

    at: float
    kind: str
    family: str
    target: str
    seconds: float
    holds: tuple[str, ...]
    detail: str = ""

    def __str__(self) -> str:
        """Return it as a line of a time line."""
        detail = f" {self.detail}" if self.detail else ""
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.kind} {self.target}{detail}{lasting}"


@dataclass(frozen=True, slots=True)
class _Taken:
    holds: tuple[str, ...]
    since: float
    until: float


def plan(seed: int, *, seconds: float, kinds: Sequence[Kind]) -> list[Step]:
    """Return the steps in the order of their beginnings.

    Each family comes before any comes twice, and each kind before any comes twice, as
    far as there is time: about one step for each SPACING seconds.
    """
    dice = random.Random(seed)
    count = max(1, round(seconds / SPACING))
    taken: list[_Taken] = []
    steps = []
    for kind, _ in zip(_in_turn(kinds, dice), range(count), strict=False):
        step = _placed(kind, dice, seconds, taken)
        if step is not None:
            steps.append(step)
    return sorted(steps, key=lambda step: (step.at, step.kind, step.target))


def _in_turn(kinds: Sequence[Kind], dice: random.Random) -> Iterator[Kind]:
    """Yield kinds without an end: first one of each family, then the others."""
    usable = [kind for kind in kinds if kind.targets]
    if not usable:
        return
    first = dice.sample(usable, len(usable))
    seen: set[str] = set()
    fresh = [k for k in first if not (k.family in seen or seen.add(k.family))]
    yield from fresh
    yield from (kind for kind in first if kind not in fresh)
    yield from chain.from_iterable(
        dice.sample(usable, len(usable)) for _ in repeat(None)
    )


def _placed(
    kind: Kind, dice: random.Random, seconds: float, taken: list[_Taken]
) -> Step | None:
    """Return a step where the kind has a free place, and take the place."""
    latest = seconds * (1 - LAST_PART)
    for _ in range(TRIES):
        target, detail = dice.choice(kind.targets), dice.choice(kind.details)
        lasting = round(dice.uniform(*kind.seconds), 1)
        at = round(dice.uniform(0, max(0.0, latest - lasting)), 1)
        mine = _Taken(kind.holds or (target,), at, at + lasting + kind.rest)
        if not any(_meet(mine, other) for other in taken):
            taken.append(mine)
            return Step(
                at=at,
                kind=kind.name,
                family=kind.family,
                target=target,
                seconds=lasting,
                holds=mine.holds,
                detail=detail,
            )
    return None


def _meet(one: _Taken, other: _Taken) -> bool:
    is_shared = not set(one.holds).isdisjoint(other.holds)
    return is_shared and one.since < other.until and other.since < one.until
