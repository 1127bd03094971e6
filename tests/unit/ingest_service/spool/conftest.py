"""What the spool's tests have in common."""

from __future__ import annotations

import pytest

from ingest_service.spool.file import Limits, SpoolFile
from shared.amqp.message import Message

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
