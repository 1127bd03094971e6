"""What is too old or too much is forgotten, and whoever misses it is told so."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstack.broker.configuration import NODE, environment
from devstack.broker.node import server_program
from tests.plugins.changes import change, press, read_stream
from tests.plugins.services import start_gateway, until
from tests.plugins.witnesses import Witness

#: The stream forgets whole segments of 20 MB; an event holds its row twice.
BIG = "x" * 200_000
TO_FILL_SEGMENTS = 130
MILLION = 1_000_000
#: More than a gateway keeps in memory beside its file.
ENOUGH = 2_000
#: Between two looks at whether something is forgotten, in seconds; what comes meanwhile
#: fills that memory, from which an old event would still be told.
PAUSE, MEANWHILE = 0.3, 200


@pytest.fixture
def bus(bus_url):
    with press(bus_url) as made:
        yield made


def limit_stream(broker, size):
    """Have the broker keep no more of the stream than it must."""
    rabbitmqctl = Path(server_program()).with_name("rabbitmqctl")
    policy = json.dumps({"max-length-bytes": size})
    subprocess.run(
        [rabbitmqctl, "-n", NODE, "set_policy", "tiny", "^changes.log$", policy],
        env=environment(broker.plan, path=os.environ["PATH"]),
        check=True,
        capture_output=True,
        timeout=60,
    )


async def come_back(gateway, token, since, *, room="admin"):
    """Return a witness that has been welcomed."""
    witness = Witness([gateway], room, token)
    witness.go_on(since)
    await asyncio.to_thread(until, lambda: witness.returns, timeout=40)
    return witness


async def wait_until_told(witness, event_id):
    await asyncio.to_thread(until, lambda: event_id in witness.told, timeout=60)


def file_size(folder):
    return (folder / "changes.sqlite3").stat().st_size


async def test_stream_that_no_longer_keeps_what_comes_next_is_a_gap_that_is_told(
    start, private_broker, supabase, token, tmp_path
):
    await asyncio.to_thread(limit_stream, private_broker, 1_000)
    url = private_broker.url
    gateway = await asyncio.to_thread(
        start_gateway, start, url, supabase.url, tmp_path / "gateway"
    )
    with press(url) as bus:
        old = bus.publish(*(change() for _ in range(5)))
        witness = await come_back(gateway, token, old[0])
        await wait_until_told(witness, old[-1])
        await witness.leave()
        await asyncio.to_thread(gateway.kill)
        bus.publish(*(change(description=BIG) for _ in range(TO_FILL_SEGMENTS)))
        kept = await asyncio.to_thread(read_stream, url)
        assert 2 < len(kept) < TO_FILL_SEGMENTS
        await asyncio.to_thread(gateway.start)

        lost = await come_back(gateway, token, old[-1])
        found = await come_back(gateway, token, kept[1])
        live = bus.publish(change())[0]
        await wait_until_told(lost, live)
        await wait_until_told(found, live)
    for each in (lost, found):
        await each.leave()

    assert '"feed.gap"' in gateway.output()
    assert not lost.recovered
    assert lost.told == [live]
    assert found.recovered
    assert found.told == [*kept[2:], live]


async def wait_until_forgotten(gateway, token, event_id, witness, bus):
    """Return the ids of what was published meanwhile, for a client that listens."""
    meanwhile = []
    while True:
        probe = await come_back(gateway, token, event_id)
        await probe.leave()
        if not probe.recovered:
            return meanwhile
        await asyncio.sleep(PAUSE)
        meanwhile += bus.publish(*(change() for _ in range(MEANWHILE)))
        await wait_until_told(witness, meanwhile[-1])


async def test_events_beyond_history_bytes_are_forgotten_while_clients_are_served(
    start, bus_url, bus, supabase, token, tmp_path
):
    folder = tmp_path / "gateway"
    gateway = await asyncio.to_thread(
        start_gateway,
        start,
        bus_url,
        supabase.url,
        folder,
        HISTORY_BYTES=str(MILLION),
    )
    sent = bus.publish(change())
    witness = await come_back(gateway, token, sent[0])
    text = "x" * 10_000
    sent += bus.publish(*(change(description=text) for _ in range(400)))
    await wait_until_told(witness, sent[-1])

    sent += await wait_until_forgotten(gateway, token, sent[0], witness, bus)
    recent = await come_back(gateway, token, sent[-10])
    sent += bus.publish(change())
    await wait_until_told(recent, sent[-1])
    await wait_until_told(witness, sent[-1])
    await witness.leave()
    await recent.leave()

    assert witness.told == sent[1:]
    assert witness.recovered
    assert recent.told == sent[-10:]
    assert recent.recovered
    await asyncio.to_thread(until, lambda: file_size(folder) < 3 * MILLION, timeout=60)


async def test_events_older_than_history_days_are_forgotten_while_clients_are_served(
    start, bus_url, bus, supabase, token, tmp_path
):
    gateway = await asyncio.to_thread(
        start_gateway,
        start,
        bus_url,
        supabase.url,
        tmp_path / "gateway",
        HISTORY_DAYS="0.5",
    )
    yesterday = datetime.now(UTC) - timedelta(days=1)
    old = bus.publish(*(change(time=yesterday) for _ in range(ENOUGH // 2)))
    witness = await come_back(gateway, token, old[0])
    await wait_until_told(witness, old[-1])
    kept = bus.publish(*(change() for _ in range(ENOUGH)))

    kept += await wait_until_forgotten(gateway, token, old[-1], witness, bus)
    back = await come_back(gateway, token, kept[0])
    kept += bus.publish(change())
    await wait_until_told(back, kept[-1])
    await wait_until_told(witness, kept[-1])
    await asyncio.to_thread(gateway.stop)
    await asyncio.to_thread(gateway.start)
    restarted = await come_back(gateway, token, kept[0])
    await wait_until_told(restarted, kept[-1])
    for each in (witness, back, restarted):
        await each.leave()

    assert witness.told == [*old[1:], *kept]
    assert witness.recovered
    assert back.told == restarted.told == kept[1:]
    # Its place in the stream outlives the events: no need to read all of it again.
    assert '"feed.rebuild"' not in gateway.output()
