from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest_service.spool.errors import SpoolFull, SpoolUnwritable
from ingest_service.spool.file import Limits
from ingest_service.spool.writer import SpoolWriter
from shared.amqp.message import Message
from tests.plugins.services import until

ROOT = Path(__file__).parents[4]
PATIENCE = 10.0


class Slow:
    """A spool whose disk takes as long as the test likes."""

    def __init__(self, spool):
        self._spool = spool
        self.batches = []
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Event()

    def append(self, messages, now):
        self.begun.release()
        assert self.may_go_on.wait(PATIENCE)
        self.batches.append([each.message_id for each in messages])
        self._spool.append(messages, now)


@pytest.fixture
def start_writer():
    """Start a writer; it ends with the test."""
    started = []

    def start(spool):
        writer = SpoolWriter(spool)
        started.append(writer)
        writer.start()
        return writer

    yield start
    for writer in started:
        writer.close(PATIENCE)


def test_message_is_on_the_disk_when_add_returns(start_writer, spool, numbered, ids):
    writer = start_writer(spool)

    for message in numbered(3):
        writer.add(message, PATIENCE)

    assert ids(spool) == [0, 1, 2]


def test_requests_that_wait_at_once_are_written_together(
    start_writer, spool, numbered, ids
):
    slow = Slow(spool)
    writer = start_writer(slow)
    with ThreadPoolExecutor(21) as pool:
        waiting = [pool.submit(writer.add, numbered(1)[0], PATIENCE)]
        assert slow.begun.acquire(timeout=PATIENCE)
        waiting += [
            pool.submit(writer.add, message, PATIENCE) for message in numbered(1, 21)
        ]
        until(lambda: writer.waiting == 20)
        slow.may_go_on.set()
        for each in waiting:
            each.result(PATIENCE)

    assert [len(batch) for batch in slow.batches] == [1, 20]
    assert sorted(ids(spool)) == list(range(21))


def test_request_that_gives_up_before_its_turn_has_stored_nothing(
    start_writer, spool, numbered, ids
):
    slow = Slow(spool)
    writer = start_writer(slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(writer.add, numbered(1)[0], PATIENCE)
        assert slow.begun.acquire(timeout=PATIENCE)
        with pytest.raises(SpoolUnwritable, match=r"within 0\.01 s"):
            writer.add(numbered(1, 2)[0], 0.01)
        slow.may_go_on.set()
        first.result(PATIENCE)
    writer.add(numbered(2, 3)[0], PATIENCE)

    assert ids(spool) == [0, 2]


def test_full_spool_is_told_to_whoever_waits_and_the_writer_goes_on(
    start_writer, open_spool, numbered, ids
):
    writer = start_writer(open_spool(Limits(max_bytes=1_000, max_age=3600)))

    with pytest.raises(SpoolFull):
        writer.add(numbered(1, size=2_000)[0], PATIENCE)
    writer.add(numbered(1, size=800)[0], PATIENCE)


def test_error_of_our_own_is_told_to_whoever_waits_and_the_writer_goes_on(
    start_writer, spool, numbered
):
    writer = start_writer(None)

    for _ in range(2):
        with pytest.raises(SpoolUnwritable, match="on our side"):
            writer.add(numbered(1)[0], PATIENCE)


def test_text_that_no_encoding_has_is_refused_before_it_meets_the_others(
    start_writer, spool
):
    writer = start_writer(spool)

    with pytest.raises(ValueError, match="surrogate"):
        writer.add(Message(body=b"", message_id="\ud800", routing_key=""), PATIENCE)

    assert spool.is_empty()


def test_writer_that_ends_writes_what_waits(spool, numbered, ids):
    slow = Slow(spool)
    writer = SpoolWriter(slow)
    writer.start()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(writer.add, numbered(1)[0], PATIENCE)]
        assert slow.begun.acquire(timeout=PATIENCE)
        waiting += [pool.submit(writer.add, each, PATIENCE) for each in numbered(1, 3)]
        until(lambda: writer.waiting == 2)
        ending = pool.submit(writer.close, PATIENCE)
        until(lambda: writer.waiting == 3)
        slow.may_go_on.set()
        for each in (*waiting, ending):
            each.result(PATIENCE)

    assert sorted(ids(spool)) == [0, 1, 2]


#: 200 greenlets add at once, as in a gevent worker, while another one counts turns.
GREENLETS = """
from gevent import monkey
monkey.patch_all()
import sys
from pathlib import Path
import gevent
from ingest_service.spool.drain import Drain
from ingest_service.spool.file import Limits, SpoolFile
from ingest_service.spool.threads import outside
from ingest_service.spool.writer import SpoolWriter
from shared.amqp.message import Message

spool = SpoolFile(Path(sys.argv[1]), Limits(2**30, 3600))
slow_append = spool.append

def append(messages, now):
    monkey.get_original("time", "sleep")(0.1)
    slow_append(messages, now)

spool.append = append
writer = SpoolWriter(spool)
writer.start()
turns = 0

def count_turns():
    global turns
    while True:
        gevent.sleep(0.001)
        turns += 1

counter = gevent.spawn(count_turns)
adding = [
    gevent.spawn(writer.add, Message(body=b"", message_id=str(n), routing_key=""), 5)
    for n in range(200)
]
gevent.joinall(adding, raise_error=True)
print(len(outside(lambda: spool.oldest(500))), turns > 20)

published = []
def publish_all(messages, *, timeout):
    published.extend(each.message_id for each in messages)
    return [None] * len(messages)

drain = Drain(spool, publish_all, lambda: True)
drain.start()
while not spool.is_empty():
    gevent.sleep(0.01)
drain.stop(5)
writer.close(5)
outside(spool.close)
print(published == [str(n) for n in range(200)])
"""


def test_disk_holds_up_no_greenlet_but_those_that_wait_for_it(path):
    ran = subprocess.run(
        [sys.executable, "-c", GREENLETS, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ran.stdout.split() == ["200", "True", "True"], ran.stdout + ran.stderr
    assert ran.stderr == ""
