"""What the spool's tests have in common."""

from __future__ import annotations

import shutil

import pytest

from ingest_service.spool.file import Limits, SpoolFile
from ingest_service.spool.places import beside
from shared.amqp.message import Message

NOW = 1_700_000_000.0
COUNT = 400
#: Few enough that all are in the journal.
CRASHED = 150
ROOMY = Limits(max_bytes=64 * 1024 * 1024, max_age=3600.0)


@pytest.fixture
def path(tmp_path):
    """Where the spool's file is."""
    return tmp_path / "spool" / "spool.sqlite3"


@pytest.fixture
def open_spool(path):
    """Open the file as a worker does; all are closed with the test."""
    opened = []

    def open_one(limits=ROOMY):
        spool = SpoolFile(path, limits)
        opened.append(spool)
        spool.open()
        return spool

    yield open_one
    for spool in opened:
        spool.close()


@pytest.fixture
def spool(open_spool):
    """A new spool."""
    return open_spool()


@pytest.fixture
def numbered():
    """Make messages whose ids are numbers: `numbered(3)` or `numbered(3, 7)`."""

    def make(begin, end=None, size=700):
        first, last = (0, begin) if end is None else (begin, end)
        return [
            Message(
                body=f"{number:08}".encode() * (size // 8),
                message_id=str(number),
                routing_key="submission.updated",
                headers={"attempt": 1, "reason": "é"},
            )
            for number in range(first, last)
        ]

    return make


@pytest.fixture
def ids():
    """Return the ids of all that waits in a spool, in order; nothing is removed."""

    def look(spool, limit=1_000_000):
        return [int(each.message.message_id) for each in spool.oldest(limit)]

    return look


@pytest.fixture
def at_rest(open_spool, path, numbered):
    """A spool whose workers have ended: all is in the one file."""
    spool = open_spool()
    spool.append(numbered(COUNT), NOW)
    spool.close()
    return path


@pytest.fixture
def after_a_crash(open_spool, tmp_path, path, numbered):
    """A spool as it is found after a power cut: nearly all is in the journal."""
    spool = open_spool()
    for number in range(CRASHED):
        spool.append(numbered(number, number + 1), NOW)
    image = tmp_path / "image"
    shutil.copytree(path.parent, image)
    spool.close()
    shutil.rmtree(path.parent)
    image.rename(path.parent)
    beside(path, "-shm").unlink()
    return path


def kept_beside(path):
    """Return the damaged files that were put aside, oldest first."""
    return sorted(path.parent.glob("spool.sqlite3.damaged-*Z"))


def is_in_order(found):
    """Tell whether no id stands twice or before a smaller one."""
    return found == sorted(set(found))
