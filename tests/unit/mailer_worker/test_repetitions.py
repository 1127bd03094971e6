"""Two webhooks on one table, one mail."""

import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from mailer_worker.repetitions import Repetitions

from mailer_worker import repetitions
from tests.plugins.repeated_changes import event


@pytest.fixture
def seen():
    return Repetitions()


def test_second_event_of_a_change_is_told_which_one_has_it(seen):
    assert seen.claim(event("a")) is None
    assert seen.claim(event("b", seconds=0.2)) == "a"
    assert seen.claim(event("c", seconds=0.3)) == "a"


def test_event_that_comes_again_is_no_repetition_of_itself(seen):
    seen.claim(event("a"))
    seen.claim(event("other", seconds=1, fingerprint="g"))

    assert seen.claim(event("a")) is None


def test_same_change_minutes_later_is_another_one(seen):
    seen.claim(event("a"))

    assert seen.claim(event("b", seconds=120)) is None
    assert seen.claim(event("c", seconds=121)) == "b"


def test_there_and_back_and_there_again_are_three_changes(seen):
    turns = ["there", "there", "back", "back", "there", "there"]

    claimed = [
        seen.claim(event(f"e{number}", seconds=number, fingerprint=turn))
        for number, turn in enumerate(turns)
    ]

    assert claimed == [None, "e0", None, "e2", None, "e4"]


def test_memory_is_bounded(seen, monkeypatch):
    monkeypatch.setattr(repetitions, "MAX_SUBMISSIONS", 2)
    for number in range(3):
        seen.claim(msgspec.structs.replace(event(f"e{number}"), subject=f"s-{number}"))

    again = msgspec.structs.replace(event("again"), subject="s-0")
    assert seen.claim(again) is None


def test_of_many_at_once_one_has_the_change(seen):
    together = threading.Barrier(8)

    def claim(number):
        together.wait()
        return seen.claim(event(f"e{number}"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(claim, range(8)))

    assert found.count(None) == 1
