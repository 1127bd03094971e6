from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ingest_service.spool.drain import Drain
from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile
from shared.errors import Nacked
from tests.plugins.services import until

ROOT = Path(__file__).parents[4]
NOW = 1_700_000_000.0
PATIENCE = 10.0


class Broker:
    """What publishing comes to: a broker that the test makes refuse."""

    def __init__(self):
        self.ready = True
        self.published = []
        #: Ids that are refused as often as the number says.
        self.refusals = {}
        #: Ids that no broker can take.
        self.impossible = set()

    def publish_all(self, messages, *, timeout):
        ids = [int(each.message_id) for each in messages]
        if self.impossible & set(ids):
            raise ValueError("AMQP cannot carry this")
        return [self._publish(each) for each in ids]

    def _publish(self, number):
        if self.refusals.get(number, 0):
            self.refusals[number] -= 1
            return Nacked("the broker refused the message")
        self.published.append(number)
        return None


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def start_drain(broker):
    """Start a drain into the broker; it ends with the test."""
    started = []

    def start(spool):
        drain = Drain(spool, broker.publish_all, lambda: broker.ready)
        started.append(drain)
        drain.start()
        return drain

    yield start
    for drain in started:
        drain.stop(PATIENCE)


def test_everything_is_published_in_order(start_drain, spool, broker, numbered):
    spool.append(numbered(1_200), NOW)

    start_drain(spool)

    until(spool.is_empty)
    assert broker.published == list(range(1_200))


def test_what_comes_later_is_published_soon(start_drain, spool, broker, numbered):
    start_drain(spool)

    for number in range(3):
        spool.append(numbered(number, number + 1), NOW)
        until(spool.is_empty)

    assert broker.published == [0, 1, 2]


def test_nothing_is_published_until_the_broker_is_ready(
    start_drain, spool, broker, numbered
):
    broker.ready = False
    spool.append(numbered(3), NOW)
    asked = threading.Event()
    drain = Drain(spool, broker.publish_all, lambda: asked.set() or broker.ready)
    drain.start()
    assert asked.wait(PATIENCE)
    assert broker.published == []

    broker.ready = True

    until(spool.is_empty)
    drain.stop(PATIENCE)
    assert broker.published == [0, 1, 2]


def test_what_is_not_confirmed_stays_and_is_published_again_in_order(
    start_drain, spool, broker, numbered
):
    broker.refusals = {1: 2, 3: 1}
    spool.append(numbered(5), NOW)

    start_drain(spool)

    until(spool.is_empty)
    # Alone first: what the broker does not take is not sent with all behind it.
    assert broker.published == [0, 2, 4, 1, 3]


def test_spool_is_not_empty_before_the_last_message_is_confirmed(
    start_drain, spool, broker, numbered
):
    asked = threading.Semaphore(0)
    may_confirm = threading.Event()

    def publish_all(messages, *, timeout):
        asked.release()
        assert may_confirm.wait(PATIENCE)
        return broker.publish_all(messages, timeout=timeout)

    spool.append(numbered(1), NOW)
    drain = Drain(spool, publish_all, lambda: True)
    drain.start()

    assert asked.acquire(timeout=PATIENCE)
    assert not spool.is_empty()
    may_confirm.set()
    until(spool.is_empty)
    drain.stop(PATIENCE)


def test_message_that_no_broker_can_take_does_not_hold_up_the_line(
    start_drain, spool, broker, numbered
):
    broker.impossible = {1, 4}
    spool.append(numbered(6), NOW)

    start_drain(spool)

    until(spool.is_empty)
    assert broker.published == [0, 2, 3, 5]
    assert spool.state(NOW).refused == 2


def test_what_was_confirmed_is_published_once_though_the_file_resists_its_removal(
    start_drain, spool, broker, numbered, monkeypatch
):
    failures = [SpoolUnwritable("the disk is full")] * 3
    remove = spool.remove

    def reluctant(numbers):
        if failures:
            raise failures.pop()
        remove(numbers)

    monkeypatch.setattr(spool, "remove", reluctant)
    spool.append(numbered(3), NOW)

    start_drain(spool)

    until(spool.is_empty)
    assert broker.published == [0, 1, 2]


def test_error_of_our_own_does_not_end_the_drain(spool, broker, numbered):
    failures = [RuntimeError("ours")]

    def publish_all(messages, *, timeout):
        if failures:
            raise failures.pop()
        return broker.publish_all(messages, timeout=timeout)

    spool.append(numbered(1), NOW)
    drain = Drain(spool, publish_all, lambda: True)
    drain.start()

    until(spool.is_empty)
    drain.stop(PATIENCE)
    assert broker.published == [0]


def test_only_one_worker_of_a_machine_publishes_at_a_time(
    start_drain, open_spool, broker, numbered
):
    workers = [open_spool() for _ in range(3)]
    for worker in workers:
        start_drain(worker)

    for begin in range(0, 2_000, 100):
        workers[0].append(numbered(begin, begin + 100), NOW)

    until(workers[0].is_empty)
    assert broker.published == list(range(2_000))


#: Takes the drain's lock, as a worker in mid-drain does, and hangs.
HOLDER = """
import sys, time
from pathlib import Path
from ingest_service.spool.lock import FileLock

lock = FileLock(Path(sys.argv[1]))
assert lock.take(5)
print("held", flush=True)
time.sleep(60)
"""


def test_worker_that_is_killed_in_mid_drain_is_followed_by_another(
    start_drain, spool, path, broker, numbered
):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path.with_name("spool.sqlite3.drain"))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline().strip() == "held"
    spool.append(numbered(3), NOW)
    start_drain(spool)
    assert broker.published == []

    holder.kill()
    holder.communicate(timeout=10)

    until(spool.is_empty)
    assert broker.published == [0, 1, 2]


def test_drain_that_is_stopped_leaves_the_rest_for_the_next_start(
    start_drain, spool, broker, numbered
):
    broker.refusals = {0: 1_000_000}
    spool.append(numbered(1), NOW)
    first = start_drain(spool)
    until(lambda: broker.refusals[0] < 1_000_000)
    first.stop(PATIENCE)
    assert not spool.is_empty()

    broker.refusals = {}
    start_drain(spool)

    until(spool.is_empty)
    assert broker.published == [0]


def test_drain_mends_a_file_that_could_not_be_opened_at_the_start(
    tmp_path, start_drain
):
    (tmp_path / "place").write_text("in the way")
    spool = SpoolFile(tmp_path / "place" / "spool.sqlite3", Limits(1_000, 60))
    with pytest.raises(SpoolUnwritable):
        spool.open()
    start_drain(spool)

    (tmp_path / "place").unlink()

    until(lambda: spool.fault is None)
