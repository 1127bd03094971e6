"""The workers of one machine share the file, and each may be killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from ingest_service.spool.errors import SpoolUnwritable
from tests.plugins.services import until

ROOT = Path(__file__).parents[4]

#: Appends messages `name-0`, `name-1`, ... and says so when each is on the disk.
APPENDER = """
import sys, time
from pathlib import Path
from ingest_service.spool.file import Limits, SpoolFile
from shared.amqp.message import Message

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
spool = SpoolFile(path, Limits(2**30, 3600))
for number in range(count):
    text = f"{name}-{number}"
    message = Message(body=bytes(500), message_id=text, routing_key="r")
    spool.append([message], time.time())
    print(text, flush=True)
"""


def start(script, *arguments, **environ):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_several_workers_append_at_once_and_nothing_is_lost(open_spool, path):
    workers = [start(APPENDER, path, name, 200) for name in "abc"]
    said = [worker.communicate(timeout=60)[0].split() for worker in workers]

    found = [each.message.message_id for each in open_spool().oldest(10_000)]

    assert sorted(found) == sorted(each for lines in said for each in lines)
    for worker, lines in zip("abc", said, strict=True):
        mine = [each for each in found if each.startswith(f"{worker}-")]
        assert mine == lines
        assert len(lines) == 200


def test_worker_that_is_killed_in_mid_append_has_lost_nothing_that_it_promised(
    open_spool, path
):
    promised = []
    for turn in range(5):
        worker = start(APPENDER, path, f"t{turn}", 100_000)
        count = 20 * (turn + 1)
        promised += [worker.stdout.readline().strip() for _ in range(count)]
        os.kill(worker.pid, signal.SIGKILL)
        # Not `communicate`: it knows nothing of lines that have been read ahead.
        with worker.stdout:
            promised += worker.stdout.read().split()
        worker.wait(60)

    found = [each.message.message_id for each in open_spool().oldest(100_000)]

    # The last append of each may be there without anybody having heard of it.
    unheard = [each for each in found if each not in set(promised)]
    assert [each for each in found if each in set(promised)] == promised
    assert len(unheard) <= 5


#: Takes the spool's lock and keeps it.
HOLDER = """
import sys, time
from pathlib import Path
from ingest_service.spool.lock import FileLock

lock = FileLock(Path(sys.argv[1]))
assert lock.take(5)
print("held", flush=True)
time.sleep(60)
"""


def test_lock_of_a_killed_worker_is_free_at_once(spool, path, numbered, ids):
    holder = start(HOLDER, path.with_name("spool.sqlite3.lock"))
    assert holder.stdout.readline().strip() == "held"

    holder.kill()
    holder.communicate(timeout=10)

    spool.append(numbered(1), 0)
    assert ids(spool) == [0]


def test_worker_that_holds_the_lock_too_long_costs_a_refusal_not_a_hang(
    spool, path, numbered, ids
):
    holder = start(HOLDER, path.with_name("spool.sqlite3.lock"))
    try:
        assert holder.stdout.readline().strip() == "held"
        refused = refusal(spool, numbered(1))
        assert "another process" in refused
        assert spool.is_empty()
    finally:
        holder.kill()
        holder.communicate(timeout=10)

    until(lambda: refusal(spool, numbered(1)) is None)
    assert spool.state(0).fault is None


def refusal(spool, messages):
    try:
        spool.append(messages, 0)
    except SpoolUnwritable as error:
        return str(error)
    return None


#: Mends a damaged file at its start, and says what it found in it.
OPENER = """
import sys
from pathlib import Path
from ingest_service.spool.file import Limits, SpoolFile

spool = SpoolFile(Path(sys.argv[1]), Limits(2**30, 3600))
spool.open()
print(*(each.message.message_id for each in spool.oldest(10_000)))
"""


def test_workers_that_start_at_once_on_a_damaged_file_mend_it_once(
    open_spool, path, numbered
):
    spool = open_spool()
    spool.append(numbered(300), 0)
    spool.close()
    os.truncate(path, path.stat().st_size // 2)

    workers = [start(OPENER, path) for _ in range(4)]
    said = [worker.communicate(timeout=60)[0].splitlines()[-1] for worker in workers]

    assert len(set(said)) == 1
    assert len(said[0].split()) > 50
    assert len(list(path.parent.glob("*.damaged-*Z"))) == 1
