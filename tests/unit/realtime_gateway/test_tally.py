"""What a gateway counts: each event and delivery once, and nothing a stranger names."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from realtime_gateway.access import Seat
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.hub import Hub
from realtime_gateway.pace import Pace
from realtime_gateway.tally import NONE, OTHER, Tally
from shared import events
from tests.unit.realtime_gateway.conftest import PipeOutlet, change, connection

ARTIST = Seat(room="artist:a", keys=("artist:a", "artist:ua"))


def hub_with(*connections, max_buffer=100_000):
    hub = Hub(position=0, last_event_id=None, flush_interval=0.0, max_buffer=max_buffer)
    for each in connections:
        hub.admit(each)
        hub.join(each)
    return hub


def received(stored, seconds_ago):
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    event = msgspec.structs.replace(stored.event, time=moment.isoformat())
    return type(stored)(position=stored.position, event=event, stale=False, size=100)


async def test_deliveries_are_events_times_members_by_kind_of_room():
    admins = [connection(PipeOutlet(max_buffer=100_000)) for _ in range(3)]
    artist = connection(PipeOutlet(max_buffer=100_000), seat=ARTIST)
    hub = hub_with(*admins, artist)

    hub.tell([change(1), change(2, artist="somebody else")])
    hub.flush()

    assert hub.tally.deliveries == {"admin": 6, "artist": 1}
    assert hub.tally.events[events.UPDATED] == 2
    assert hub.rooms == 3


async def test_event_is_timed_once_however_many_hear_it():
    members = [connection(PipeOutlet(max_buffer=100_000)) for _ in range(3)]
    hub = hub_with(*members, connection(PipeOutlet(max_buffer=100_000), seat=ARTIST))

    hub.tell([received(change(1), 2), received(change(2), 20)])
    hub.flush()

    *_, up_to_ten, all_of_them = hub.tally.until_handed_over.up_to_each()
    assert (up_to_ten, all_of_them) == (1, 2)
    assert 22 <= hub.tally.until_handed_over.total < 30


async def test_event_that_nobody_hears_is_not_timed():
    hub = hub_with()

    hub.tell([change(1)])
    hub.flush()

    assert hub.tally.until_handed_over.up_to_each()[-1] == 0


async def test_paced_member_counts_what_it_is_sent(until):
    outlet, sent = PipeOutlet(max_buffer=100_000), []
    pace = Pace(outlet, max_rate=1_000, max_stall=5, on_sent=lambda: sent.append(1))
    hub = hub_with(connection(outlet, pace=pace))

    hub.tell([change(1), change(2), change(3, submission="t")])
    hub.flush()

    await until(lambda: len(outlet.messages()) == 2)
    assert len(sent) == 2
    assert hub.tally.deliveries["admin"] == 0


async def test_member_that_falls_behind_is_counted_as_lagging():
    outlet = PipeOutlet(max_buffer=300)
    outlet.pipe.stalled = True
    hub = hub_with(connection(outlet), max_buffer=300)

    hub.tell([change(number) for number in range(1, 10)])
    hub.flush()
    await asyncio.sleep(0)

    assert hub.tally.lagged == 1


def test_type_that_nobody_knows_and_time_that_is_none_stay_out_of_the_labels():
    tally = Tally()

    tally.count_event("email.of-a-stranger")
    tally.count_handed_over(["yesterday", "2999-01-01T00:00:00+00:00"])

    assert tally.events[OTHER] == 1
    assert "email.of-a-stranger" not in tally.events
    assert tally.until_handed_over.up_to_each()[0] == 1
    assert tally.until_handed_over.total == 0


def test_ends_are_counted_by_who_made_them():
    tally = Tally()

    tally.count_end(CloseCode.TOO_SLOW)
    tally.count_end(None)

    assert {code: count for code, count in tally.closed.items() if count} == {
        "4201": 1,
        NONE: 1,
    }
