"""The feed: what is stored is told, whatever becomes of the connection meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from realtime_gateway.changelog.keeper import Keeper
from realtime_gateway.changelog.log import ChangeLog
from realtime_gateway.changelog.reader import ChangeLogReader
from realtime_gateway.feed import Feed
from shared import events
from shared.amqp.stream import StreamDelivery
from tests.unit.realtime_gateway.conftest import change

NOWHERE = "amqp://nobody:nothing@127.0.0.1:1/"


def delivery(number):
    event = change(number).event
    return StreamDelivery(
        offset=number, message_id=event.id, body=events.encode(event), tag=number
    )


@pytest.fixture
async def feed(tmp_path):
    changelog = ChangeLog(tmp_path)
    reader = ChangeLogReader(changelog.path)
    keeper = Keeper(changelog, reader, history=timedelta(days=1), max_bytes=10**9)
    told = []
    made = Feed(
        NOWHERE,
        keeper,
        bookmark=None,
        on_events=lambda new: told.extend(each.event.id for each in new),
        on_rebuild=told.clear,
    )
    made.told = told
    made._start()
    yield made
    await keeper.close()
    reader.close()


async def test_events_are_told_although_the_broker_is_gone_before_they_are_acked(
    feed, until
):
    def gone(_):
        raise ConnectionError("the broker was killed")

    feed.reader.ack_up_to = gone
    for number in (1, 2, 3):
        feed._delivered(delivery(number))

    await until(lambda: feed.told == ["e1", "e2", "e3"])


async def test_offsets_may_have_holes(feed, until):
    for number in (1, 2, 50):
        feed._delivered(delivery(number))

    await until(lambda: feed.told == ["e1", "e2", "e50"])


async def test_what_is_delivered_again_is_told_once(feed, until):
    for number in (1, 2, 2, 1, 3):
        feed._delivered(delivery(number))

    await until(lambda: feed.told == ["e1", "e2", "e3"])


async def test_nothing_is_read_up_to_while_the_bookmark_may_be_another_streams(
    feed, until
):
    feed._delivered(delivery(7))
    await until(lambda: feed.told == ["e7"])
    feed._detach()
    look = feed.next_look

    feed._start()
    feed._end_found(3)
    feed._end_found(3)

    assert not feed.has_read_up_to(look)
