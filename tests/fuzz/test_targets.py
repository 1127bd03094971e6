"""Every reader of what comes from outside, tried with seeds and with what they become.

`make fuzz` searches on for as long as it is told to.
"""

from random import Random

import pytest

from tests.fuzz import project
from tests.fuzz.every_target import TARGETS
from tests.fuzz.mutations import changed

#: The same inputs in each run: a change that breaks something fails here at once, and
#: not some day later.
SEED, INPUTS = 8, 2_000


@pytest.fixture(scope="module", autouse=True)
def stopped():
    yield
    project.stop()


@pytest.mark.parametrize("name", TARGETS)
def test_promise_holds_for_every_seed(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].check(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_promise_holds_for_whatever_a_seed_becomes(name):
    target, random = TARGETS[name], Random(SEED)
    for _ in range(INPUTS):
        data = changed(target, random)
        try:
            target.check(data)
        except Exception as error:
            error.add_note(f"input: {data!r}")
            raise
