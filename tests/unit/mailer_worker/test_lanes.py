"""Lanes: what belongs together runs in order, the rest side by side."""

import threading
import time
from collections import defaultdict

import pytest

from mailer_worker.lanes import Lanes
from tests.plugins.services import until


@pytest.fixture
def lanes():
    made = Lanes(4)
    yield made
    made.finish(timeout=5)


def test_work_of_a_lane_runs_in_order_and_never_at_once(lanes):
    done, at_work, most = defaultdict(list), defaultdict(int), []

    def work(key, number):
        at_work[key] += 1
        most.append(at_work[key])
        time.sleep(0)
        done[key].append(number)
        at_work[key] -= 1

    for number in range(400):
        key = f"s-{number % 7}"
        lanes.submit(key, lambda k=key, n=number: work(k, n))
    until(lambda: sum(map(len, done.values())) == 400)

    assert max(most) == 1
    assert all(numbers == sorted(numbers) for numbers in done.values())


def test_lanes_run_side_by_side(lanes):
    together = threading.Barrier(4, timeout=5)
    done = []

    for number in range(4):
        lanes.submit(str(number), lambda: done.append(together.wait()))

    until(lambda: len(done) == 4)


def test_lane_that_is_held_up_holds_up_no_other(lanes):
    go_on, done = threading.Event(), []
    lanes.submit("slow", go_on.wait)
    for number in range(20):
        lanes.submit("slow", lambda n=number: done.append(("slow", n)))
        lanes.submit("quick", lambda n=number: done.append(("quick", n)))

    until(lambda: len(done) == 20)
    assert {name for name, _ in done} == {"quick"}
    go_on.set()
    until(lambda: len(done) == 40)


def test_work_that_fails_ends_neither_its_lane_nor_its_thread(lanes):
    done = []

    def fail():
        raise ValueError("one piece of work")

    for _ in range(10):
        lanes.submit("s", fail)
    lanes.submit("s", lambda: done.append("after"))

    until(lambda: done == ["after"])


def test_end_waits_for_what_is_begun_and_begins_nothing_more(lanes):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go_on.wait(5)
        done.append("begun")

    lanes.submit("s", work)
    lanes.submit("s", lambda: done.append("not begun"))
    assert begun.wait(5)
    assert lanes.finish(timeout=0.01) is False
    go_on.set()

    assert lanes.finish(timeout=5) is True
    assert done == ["begun"]


def test_end_of_idle_lanes_is_at_once(lanes):
    assert lanes.finish(timeout=5) is True
