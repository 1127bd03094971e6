"""Twice is once, and older is marked: on live sockets, replayed, and everywhere."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.plugins.changes import change, press
from tests.plugins.services import start_gateway, until
from tests.plugins.witnesses import Witness

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    return start_gateway(start_for_module, bus_url_for_module, supabase.url, folder)


@pytest.fixture
def bus(bus_url_for_module):
    with press(bus_url_for_module) as made:
        yield made


async def wait_until_told(witness, event_id):
    await asyncio.to_thread(until, lambda: event_id in witness.told, timeout=40)


async def told_live_and_again(gateway, token, bus, events):
    """Return a live witness of the events and one that came back, told one more."""
    first = bus.publish(change(submission="another"))[0]
    live, back = Witness([gateway], "admin", token), Witness([gateway], "admin", token)
    live.go_on(first)
    await asyncio.to_thread(until, lambda: live.returns)
    for event in events:
        bus.publish(event)
    last = bus.publish(change(submission="another"))[0]
    await wait_until_told(live, last)
    back.go_on(first)
    await wait_until_told(back, last)
    for witness in (live, back):
        await witness.leave()
        assert witness.told[-1] == last
    return live, back


def after(seconds):
    return NOW + timedelta(seconds=seconds)


async def test_event_that_comes_twice_under_one_id_is_told_once(gateway, token, bus):
    once = change(event_id="msg_once", status="pending")
    again = change(event_id="msg_once", status="approved", time=after(3_600))
    other = change()

    witnesses = await told_live_and_again(
        gateway, token, bus, [once, once, other, again]
    )

    for witness in witnesses:
        assert witness.told[:-1] == [once.id, other.id]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ([0, 0], [0]),
        ([0, 9.999], [0]),
        ([0, -9.999], [0]),
        ([0, 10.001], [0, 1]),
        ([0, -10.001], [0, 1]),
        # The second is the first; so the third is not the second.
        ([0, 9, 18], [0, 2]),
        ([0, 11, 5], [0, 1]),
    ],
    ids=str,
)
async def test_same_change_under_two_ids_within_ten_seconds_is_told_once(
    gateway, token, bus, seconds, told
):
    fingerprint = uuid.uuid4().hex
    same = [change(fingerprint=fingerprint, time=after(each)) for each in seconds]

    for witness in await told_live_and_again(gateway, token, bus, same):
        assert witness.told[:-1] == [same[place].id for place in told]


async def test_changes_without_a_fingerprint_are_never_the_same(gateway, token, bus):
    alike = [change(time=NOW) for _ in range(3)]

    for witness in await told_live_and_again(gateway, token, bus, alike):
        assert witness.told[:-1] == [each.id for each in alike]


async def test_client_resumes_after_the_copy_it_was_never_told(gateway, token, bus):
    first, copy = (change(fingerprint="f" * 32, time=NOW) for _ in range(2))
    bus.publish(first, copy)
    after_both = bus.publish(change())[0]
    witness = Witness([gateway], "admin", token)
    witness.go_on(first.id)

    await wait_until_told(witness, after_both)
    await witness.leave()
    assert witness.told == [after_both]
    assert witness.recovered


@pytest.mark.parametrize(
    ("versions", "stale"),
    [
        ([{"sequence": 1}, {"sequence": 2}, {"sequence": 3}], []),
        ([{"sequence": 9}, {"sequence": 8}, {"sequence": 10}], [1]),
        ([{"sequence": 9}, {"sequence": 10}, {"sequence": 9}], [2]),
        ([{"sequence": 9}, {"sequence": 9}], []),
        ([{"sequence": 2**62}, {"sequence": 1}, {}], [1]),
        (
            [
                {"updated_at": "2026-01-01T12:00:00+00:00"},
                {"updated_at": "2026-01-01T12:30:00+01:00"},
                {"updated_at": "2026-01-01T12:00:00.000001Z"},
            ],
            [1],
        ),
        (
            [
                {"sequence": 5, "updated_at": "2026-01-01T12:00:00Z"},
                {"updated_at": "2026-01-01T11:00:00Z"},
                {"sequence": 4, "updated_at": "2026-01-01T13:00:00Z"},
            ],
            [1, 2],
        ),
    ],
)
async def test_older_version_is_told_and_marked_live_and_when_told_again(
    gateway, token, bus, request, versions, stale
):
    row = request.node.name
    events = [change(submission=row, **each) for each in versions]

    for witness in await told_live_and_again(gateway, token, bus, events):
        assert witness.told[:-1] == [each.id for each in events]
        assert witness.stale == {events[place].id for place in stale}


async def test_versions_of_one_submission_say_nothing_of_another(gateway, token, bus):
    events = [
        change(submission="row-of-its-own", sequence=7),
        change(submission="row-of-another", sequence=1),
    ]

    for witness in await told_live_and_again(gateway, token, bus, events):
        assert witness.stale == set()


async def test_copies_and_versions_are_known_after_a_kill_and_to_other_gateways(
    start, bus_url_for_module, supabase, token, tmp_path
):
    gateways = [
        await asyncio.to_thread(
            start_gateway, start, bus_url_for_module, supabase.url, tmp_path / name
        )
        for name in ("one", "two")
    ]
    with press(bus_url_for_module) as bus:
        first = bus.publish(
            change(submission="killed", sequence=5, fingerprint="a" * 32, time=NOW)
        )[0]
        early = Witness(gateways[:1], "admin", token)
        early.go_to(0)
        await asyncio.to_thread(until, lambda: early.returns)
        gateways[0].kill()
        copy = change(submission="killed", fingerprint="a" * 32, time=after(1))
        older = change(submission="killed", sequence=4)
        bus.publish(copy, older)
        await asyncio.to_thread(gateways[0].start)
        witnesses = [Witness([each], "admin", token) for each in gateways]
        for witness in witnesses:
            witness.go_on(first)
            await wait_until_told(witness, older.id)
        for witness in (early, *witnesses):
            await witness.leave()

    for witness in witnesses:
        assert witness.told == [older.id]
        assert witness.stale == {older.id}
