"""An event that is not in the log: nobody's, or not read yet."""

from __future__ import annotations

import asyncio

import pytest

from realtime_gateway import unknown
from realtime_gateway.unknown import LOOKS, look_for


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(unknown, "LOOK_PAUSE", 0)


class Feed:
    """Has read up to the look that is asked for after so many questions."""

    next_look = 7

    def __init__(self, questions):
        self.asked = []
        self._questions = questions

    def has_read_up_to(self, look):
        self.asked.append(look)
        return len(self.asked) > self._questions


class Log:
    """Knows the event from a look on."""

    def __init__(self, known_at=None):
        self.looks = 0
        self._known_at = known_at

    async def look(self):
        self.looks += 1
        is_known = self._known_at is not None and self.looks >= self._known_at
        return 42 if is_known else None


async def test_event_that_is_known_is_found_at_once():
    log = Log(known_at=1)

    assert await look_for(log.look, Feed(questions=99)) == 42
    assert log.looks == 1


async def test_event_is_nobodys_only_once_all_has_been_read():
    log, feed = Log(), Feed(questions=20)

    assert await look_for(log.look, feed) is None
    assert log.looks == 21
    assert set(feed.asked) == {Feed.next_look}


async def test_unknown_event_is_looked_for_a_while_though_all_seems_read():
    log = Log()

    assert await look_for(log.look, Feed(questions=0)) is None
    assert log.looks == LOOKS


async def test_event_that_is_read_with_the_last_of_the_stream_is_found():
    assert await look_for(Log(known_at=21).look, Feed(questions=20)) == 42


async def test_without_a_broker_nobody_is_told_that_an_event_is_nobodys():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await look_for(Log().look, Feed(questions=10**9))
