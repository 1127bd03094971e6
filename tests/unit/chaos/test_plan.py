"""Plans: the same for the same seed, everything at least once, nothing in the way."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.chaos.plan import LAST_PART, Kind, plan

KINDS = [
    Kind(name="kill", family="processes", targets=("a", "b"), seconds=(1, 3), rest=2),
    Kind(name="roll", family="processes", targets=("all",), holds=("a", "b"), rest=4),
    Kind(name="cut", family="lines", targets=("a to c", "b to c")),
    Kind(name="refuse", family="lines", targets=("a to c",), seconds=(0.5, 5)),
    Kind(name="shift", family="clocks", targets=("clock of a",), details=("+1", "-1")),
    Kind(name="fill", family="disks", targets=()),
]
SECONDS = 40.0


def made(seed, **others):
    return plan(seed, seconds=SECONDS, kinds=KINDS, **others)


def test_same_seed_makes_the_same_plan():
    assert made(7) == made(7)


def test_another_seed_makes_another_plan():
    assert made(7) != made(8)


@pytest.mark.parametrize("seed", range(20))
def test_every_family_that_has_a_target_comes(seed):
    assert {step.family for step in made(seed)} == {"processes", "lines", "clocks"}


@pytest.mark.parametrize("seed", range(20))
def test_all_is_healed_before_the_end(seed):
    ends = [step.at + step.seconds for step in made(seed)]

    assert max(ends) <= SECONDS * (1 - LAST_PART)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_broken_twice_at_the_same_time(seed):
    for one, other in combinations(made(seed), 2):
        if set(one.holds) & set(other.holds):
            assert one.at + one.seconds < other.at


def test_steps_come_in_the_order_of_their_beginnings():
    moments = [step.at for step in made(3)]

    assert moments == sorted(moments)


def test_short_time_holds_few_faults():
    assert len(plan(1, seconds=3, kinds=KINDS)) <= 3


def test_world_that_cannot_be_broken_has_an_empty_plan():
    assert plan(1, seconds=SECONDS, kinds=[]) == []


def test_step_reads_as_a_line():
    shift = next(step for step in made(1) if step.kind == "shift")

    assert str(shift).startswith("shift clock of a ")
    assert shift.detail in str(shift)
