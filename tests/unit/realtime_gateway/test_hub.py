"""The hub: one write a turn, each event once, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio

from realtime_gateway import frames
from realtime_gateway.access import Seat
from realtime_gateway.catch_up import CatchUp
from realtime_gateway.changelog.entries import Bookmark, Entry, Stored
from realtime_gateway.changelog.log import ChangeLog
from realtime_gateway.changelog.reader import ChangeLogReader
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import State
from realtime_gateway.hub import Hub
from realtime_gateway.pace import Pace
from realtime_gateway.protocol import Wanted
from shared import events
from shared.events import RevocationData, RevocationEvent
from tests.unit.realtime_gateway.conftest import PipeOutlet, change, connection


def hub_with(*connections, max_buffer=1_000, flush_interval=0.0):
    hub = Hub(
        position=0,
        last_event_id=None,
        flush_interval=flush_interval,
        max_buffer=max_buffer,
    )
    for each in connections:
        hub.admit(each)
        hub.join(each)
    return hub


async def turn():
    await asyncio.sleep(0)


async def test_events_of_one_turn_go_out_in_one_write_to_each_member():
    outlets = [PipeOutlet(max_buffer=100_000) for _ in range(3)]
    hub = hub_with(*map(connection, outlets), max_buffer=100_000)

    hub.tell([change(1), change(2)])
    hub.tell([change(3)])
    await turn()

    for outlet in outlets:
        assert outlet.ids() == ["e1", "e2", "e3"]
        assert outlet.pipe.writes == 1


async def test_flush_interval_joins_the_events_of_several_turns(until):
    outlet = PipeOutlet(max_buffer=100_000)
    hub = hub_with(connection(outlet), max_buffer=100_000, flush_interval=0.02)

    for number in (1, 2, 3):
        hub.tell([change(number)])
        await turn()
    await until(lambda: outlet.pipe.writes)

    assert outlet.ids() == ["e1", "e2", "e3"]
    assert outlet.pipe.writes == 1


async def test_who_joins_in_the_middle_of_a_turn_gets_what_comes_after():
    early, late = PipeOutlet(), PipeOutlet()
    hub = hub_with(connection(early))
    hub.tell([change(1)])
    newcomer = connection(late)
    hub.admit(newcomer)
    hub.join(newcomer)
    hub.tell([change(2)])
    await turn()

    assert early.ids() == ["e1", "e2"]
    assert late.ids() == ["e2"]


async def test_artist_known_by_two_ids_gets_both_in_order_and_nobody_elses():
    outlet = PipeOutlet(max_buffer=100_000)
    ada = Seat(room="artist:a", keys=("artist:a", "artist:x"))
    hub = hub_with(connection(outlet, seat=ada))

    hub.tell([change(n, artist=who) for n, who in enumerate("axbxa", start=1)])
    await turn()

    assert outlet.ids() == ["e1", "e2", "e4", "e5"]


async def test_filter_holds_from_the_moment_it_is_set():
    outlet = PipeOutlet(max_buffer=100_000)
    member = connection(outlet)
    hub = hub_with(member)
    hub.tell([change(1)])
    hub.want(member, Wanted(status="approved"))
    hub.tell([change(2), change(3, status="approved")])
    await turn()

    assert outlet.ids() == ["e1", "e3"]


async def test_revocation_is_carried_out_and_told_to_nobody():
    outlet, carried_out = PipeOutlet(), []
    hub = hub_with(connection(outlet))
    hub.open(on_behind=print, on_revoked=carried_out.append)
    event = RevocationEvent(
        id="r", source="/t", type="access.revoked", subject="u", time="2026-01-01",
        data=RevocationData(user_id="u"),
    )  # fmt: skip

    hub.tell([Stored(position=1, event=event, stale=False, size=1), change(2)])
    await turn()

    assert carried_out == [event]
    assert outlet.ids() == ["e2"]
    assert (hub.position, hub.last_event_id) == (2, "e2")


async def test_stalled_member_leaves_the_room_with_a_bounded_buffer(until):
    slow, quick = PipeOutlet(), PipeOutlet(max_buffer=100_000)
    slow.pipe.stalled = True
    member = connection(slow)
    hub = hub_with(member, connection(quick))
    catch_up = follow(hub)
    largest = 0

    for number in range(1, 101):
        hub.tell([change(number)])
        await turn()
        largest = max(largest, slow.backlog)

    assert quick.ids() == [f"e{n}" for n in range(1, 101)]
    assert member.state is State.LAGGING
    assert largest < 2_000

    slow.pipe.stalled = False
    slow.pipe.take()
    await until(lambda: member.state is State.LIVE)
    hub.tell([change(101)])
    await turn()
    assert slow.ids() == [f"e{n}" for n in range(1, 102)]
    await catch_up.close()


async def test_burst_larger_than_the_buffer_delays_a_quick_client_and_loses_nothing(
    until,
):
    outlet = PipeOutlet()
    hub = hub_with(connection(outlet))
    catch_up = follow(hub)

    hub.tell([change(n, title="x" * 500) for n in range(1, 201)])
    await until(lambda: outlet.ids() == [f"e{n}" for n in range(1, 201)])
    await catch_up.close()


async def test_member_that_lags_too_many_events_is_told_to_come_back(until):
    slow = PipeOutlet()
    slow.pipe.stalled = True
    hub = hub_with(connection(slow))
    catch_up = follow(hub, max_events=50)

    for number in range(1, 101):
        hub.tell([change(number)])
        await turn()

    await until(lambda: slow.ended_by is CloseCode.TOO_SLOW)
    await catch_up.close()


async def test_member_that_lags_too_long_is_told_to_come_back(until):
    slow = PipeOutlet()
    slow.pipe.stalled = True
    hub = hub_with(connection(slow))
    catch_up = follow(hub, max_seconds=0.05)

    for number in range(1, 11):
        hub.tell([change(number)])
        await turn()

    await until(lambda: slow.ended_by is CloseCode.TOO_SLOW)
    await catch_up.close()


async def test_paced_member_gets_the_newest_of_each_submission_in_order(until):
    outlet = PipeOutlet(max_buffer=100_000)
    pace = Pace(outlet, max_rate=100, max_stall=1)
    hub = hub_with(connection(outlet, pace=pace))

    hub.tell([change(1, submission="a", title="1")])
    hub.tell([change(2, submission="b")])
    hub.tell([change(3, submission="a", rating=2)])
    await until(lambda: len(outlet.messages()) == 2)

    # Under the first id of each: who comes back with it misses nothing.
    assert outlet.ids() == ["e1", "e2"]
    first = outlet.messages()[0]["data"]
    assert first["updated_fields"] == ["title", "rating"]
    assert first["new_data"]["rating"] == 2


async def test_paced_member_of_huge_rows_waits_in_the_log_and_not_in_memory(until):
    outlet = PipeOutlet(max_buffer=1_000)
    pace = Pace(outlet, max_rate=1_000, max_stall=1)
    member = connection(outlet, pace=pace)
    hub = hub_with(member)
    catch_up = follow(hub)

    hub.tell([change(n, submission=f"s{n}") for n in range(1, 101)])
    await turn()
    assert member.state is State.LAGGING
    assert pace._conflated.size <= 1_100

    await until(lambda: outlet.ids() == [f"e{n}" for n in range(1, 101)])
    await until(lambda: member.state is State.LIVE)
    await catch_up.close()


async def test_event_that_cannot_be_told_does_not_silence_the_others():
    outlet = PipeOutlet(max_buffer=100_000)
    hub = hub_with(connection(outlet))
    broken = change(2)
    broken.event.data.record["status"] = object()

    hub.tell([change(1), broken, change(3)])
    await turn()

    assert outlet.ids() == ["e1", "e3"]


async def test_client_is_not_told_twice_what_is_stored_before_it_is_told(
    tmp_path, until
):
    log = stored_log(tmp_path, range(1, 11))
    outlet = PipeOutlet(max_buffer=100_000)
    hub = Hub(position=5, last_event_id="e5", flush_interval=0, max_buffer=100_000)
    reader = ChangeLogReader(log.path)
    catch_up = follow(hub, reader=reader)
    member = connection(outlet)
    hub.admit(member)

    assert await catch_up.position_of("e9") is None
    assert await catch_up.position_of("e4") == 4
    catch_up.start(member)
    await until(lambda: member.state is State.LIVE)
    hub.tell([change(n) for n in range(6, 11)])
    await turn()

    assert outlet.ids() == [f"e{n}" for n in range(1, 11)]
    await catch_up.close()
    reader.close()
    log.close()


async def test_after_a_rebuild_everyone_is_sent_away():
    outlet = PipeOutlet()
    hub = hub_with(connection(outlet))
    hub.tell([change(1)])

    hub.forget()

    assert outlet.ids() == ["e1"]
    assert outlet.ended_by is CloseCode.GOING_AWAY
    assert (hub.position, hub.last_event_id) == (0, None)


async def test_each_encoding_gets_its_own_bytes_of_the_same_event():
    plain = PipeOutlet()
    deflated = PipeOutlet(encoding=frames.deflated_text)
    streamed = PipeOutlet(encoding=frames.server_sent_event)
    hub = hub_with(*map(connection, (plain, deflated, streamed)))

    hub.tell([change(1)])
    await turn()

    assert plain.pipe.taken[0] == 0x81
    assert deflated.pipe.taken[0] == 0xC1
    assert b"id: e1\ndata: {" in streamed.pipe.taken


def stored_log(folder, numbers):
    log = ChangeLog(folder)
    for number in numbers:
        event = change(number).event
        entry = Entry(stream_offset=number, event=event, body=events.encode(event))
        log.append([entry], Bookmark(number, event.id))
    return log


def follow(hub, *, max_events=1_000, max_seconds=5.0, reader=None):
    catch_up = CatchUp(
        reader, hub, max_events=max_events, max_seconds=max_seconds, on_damage=print
    )
    hub.open(on_behind=catch_up.start, on_revoked=print)
    return catch_up
