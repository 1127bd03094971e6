"""The change log's file or its stream is not what it was: nobody is told a part."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from tests.plugins.changes import change, delete_stream, press, read_stream
from tests.plugins.services import start_gateway, until
from tests.plugins.witnesses import Witness

PUBLISHED = 300
#: Enough for several pages of every table and index.
TEXT = "x" * 1_000
SEEN = 4


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "gateway"


@pytest.fixture
def gateway(start, bus_url, supabase, folder):
    return start_gateway(start, bus_url, supabase.url, folder)


@pytest.fixture
def bus(bus_url):
    with press(bus_url) as made:
        yield made


def changes(count):
    return [change(submission=f"s-{n % 7}", description=TEXT) for n in range(count)]


async def told_after(gateway, token, since, *, until_told):
    """Return a witness that has come back and has been told this event."""
    witness = Witness([gateway], "admin", token)
    witness.go_on(since)
    await wait_until_told(witness, until_told)
    await witness.leave()
    return witness


async def wait_until_told(witness, event_id):
    await asyncio.to_thread(until, lambda: event_id in witness.told, timeout=40)


def logged(gateway, event):
    return f'"{event}"' in gateway.output()


def forget_file(file):
    for each in file.parent.iterdir():
        each.unlink()


def cut_in_half(file):
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def write_at(file, place, data):
    with file.open("r+b") as opened:
        opened.seek(int(file.stat().st_size * place))
        opened.write(data)


def garbage_in_the_middle(file):
    write_at(file, 0.5, b"\xa5" * 20_000)


def garbage_everywhere(file):
    for place in range(1, 20):
        write_at(file, place / 20, b"\xa5" * 600)


def garbage_in_front(file):
    write_at(file, 0, b"\xa5" * 4_096)


def empty(file):
    file.write_bytes(b"")


#: A clean stop leaves all in the one file, a kill nearly all in the one beside it.
FILE, BESIDE = "changes.sqlite3", "changes.sqlite3-wal"


@pytest.mark.parametrize(
    ("end", "name", "damage"),
    [
        ("stop", FILE, forget_file),
        ("stop", FILE, cut_in_half),
        ("stop", FILE, garbage_in_the_middle),
        ("stop", FILE, garbage_everywhere),
        ("stop", FILE, garbage_in_front),
        ("stop", FILE, empty),
        ("kill", FILE, forget_file),
        ("kill", FILE, garbage_in_front),
        ("kill", BESIDE, cut_in_half),
        ("kill", BESIDE, garbage_everywhere),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_client_of_a_gateway_whose_file_is_lost_or_damaged_is_told_all_it_missed(
    gateway, folder, token, bus, end, name, damage
):
    sent = bus.publish(*changes(PUBLISHED))
    await told_after(gateway, token, sent[0], until_told=sent[-1])
    await asyncio.to_thread(getattr(gateway, end))
    damage(folder / name)
    sent += bus.publish(*changes(20))
    await asyncio.to_thread(gateway.start)

    witness = await told_after(gateway, token, sent[SEEN], until_told=sent[-1])

    assert witness.told == sent[SEEN + 1 :]
    assert witness.recovered


async def test_file_that_is_deleted_under_a_running_gateway_is_made_anew(
    gateway, folder, token, bus
):
    witness = Witness([gateway], "admin", token)
    sent = bus.publish(*changes(50))
    witness.go_on(sent[0])
    await wait_until_told(witness, sent[-1])
    forget_file(folder / "changes.sqlite3")
    sent += bus.publish(*changes(50))
    await asyncio.to_thread(until, lambda: logged(gateway, "feed.rebuild"), timeout=30)
    sent += bus.publish(*changes(50))

    await wait_until_told(witness, sent[-1])
    await witness.leave()
    late = await told_after(gateway, token, sent[SEEN], until_told=sent[-1])
    assert witness.told == sent[1:]
    assert late.told == sent[SEEN + 1 :]
    assert witness.recovered
    assert late.recovered


@pytest.mark.parametrize(
    "again", [3, PUBLISHED, PUBLISHED + 50], ids=["fewer", "equal", "more"]
)
async def test_stream_made_anew_while_the_gateway_is_away_is_noticed_and_told(
    gateway, bus_url, token, bus, again
):
    old = bus.publish(*changes(PUBLISHED))
    await told_after(gateway, token, old[0], until_told=old[-1])
    await asyncio.to_thread(gateway.kill)
    delete_stream(bus_url)
    with press(bus_url) as anew:
        new = anew.publish(*changes(again))
        await asyncio.to_thread(gateway.start)

        witness = Witness([gateway], "admin", token)
        witness.go_on(old[-1])
        await asyncio.to_thread(until, lambda: witness.returns, timeout=40)
        live = anew.publish(*changes(5))
        await wait_until_told(witness, live[-1])
    await witness.leave()
    back = await told_after(gateway, token, new[1], until_told=live[-1])

    assert [each.recovered for each in witness.returns] == [False]
    assert witness.stays[-1].after == new[-1]
    assert witness.told == live
    assert back.told == [*new[2:], *live]
    assert logged(gateway, "feed.rebuild")


@pytest.mark.parametrize("move", [1_000_000, -100], ids=["beyond-the-end", "lower"])
async def test_bookmark_that_is_not_the_stream_s_costs_a_rebuild_and_no_event(
    gateway, folder, token, bus, move
):
    sent = bus.publish(*changes(PUBLISHED))
    await told_after(gateway, token, sent[0], until_told=sent[-1])
    await asyncio.to_thread(gateway.stop)
    with closing(sqlite3.connect(folder / "changes.sqlite3")) as file, file:
        file.execute(
            "update stream set stream_offset = stream_offset + ?,"
            " message_id = 'evt_of_nobody'",
            (move,),
        )
    sent += bus.publish(*changes(20))
    await asyncio.to_thread(gateway.start)

    witness = await told_after(gateway, token, sent[SEEN], until_told=sent[-1])

    assert witness.told == sent[SEEN + 1 :]
    assert witness.recovered
    assert logged(gateway, "feed.rebuild")


@pytest.mark.timeout(180)
async def test_broker_killed_twice_while_gateways_read_costs_no_client_an_event(
    start, private_broker, supabase, token, tmp_path
):
    url = private_broker.url
    gateways = [
        await asyncio.to_thread(
            start_gateway, start, url, supabase.url, tmp_path / name
        )
        for name in ("one", "two")
    ]
    with press(url) as bus:
        first = bus.publish(*changes(1))[0]
        witnesses = [Witness([each], "admin", token) for each in gateways]
        for witness in witnesses:
            witness.go_on(first)
        # A stream that is killed in its first moments is lost to RabbitMQ 3.10.
        await asyncio.sleep(2)
        for _ in range(2):
            bus.publish(*changes(200))
            private_broker.kill()
            await asyncio.to_thread(private_broker.start)
            await asyncio.to_thread(bus.publish_whatever_happens, *changes(200))
        for witness in witnesses:
            await wait_until_told(witness, bus.published[-1].id)
            await witness.leave()

    truth = await asyncio.to_thread(read_stream, url)
    assert {event.id for event in bus.published} <= set(truth)
    for witness in witnesses:
        assert witness.told == truth[1:]
        assert witness.recovered


@pytest.fixture
def unopened(start, bus_url, supabase, folder):
    """A gateway whose file cannot be opened: something else is in its place."""
    in_the_way = folder / FILE
    in_the_way.mkdir(parents=True)
    gateway = start_gateway(start, bus_url, supabase.url, folder, wait=False)
    until(lambda: logged(gateway, "changelog.not-opened"))
    return gateway


async def test_gateway_whose_file_cannot_be_opened_waits_for_its_disk(
    unopened, folder, token, bus
):
    sent = bus.publish(*changes(5))
    assert not unopened.is_ready()

    (folder / FILE).rmdir()
    await asyncio.to_thread(unopened.wait_ready)

    witness = await told_after(unopened, token, sent[0], until_told=sent[-1])
    assert witness.told == sent[1:]
    assert "Traceback" not in unopened.output()


def test_gateway_that_waits_for_its_disk_ends_when_it_is_told_to(unopened):
    assert unopened.stop() == 0
