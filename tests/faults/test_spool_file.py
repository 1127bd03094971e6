"""The spool's file, its disk or its process comes to harm while the broker is away."""

from __future__ import annotations

import os
import shutil
import subprocess
from urllib.parse import urlsplit, urlunsplit

import pytest

from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE
from tests.plugins.proxy import Proxy
from tests.plugins.senders import (
    Senders,
    assert_kept,
    everything_in,
    is_drained,
    spool_of,
)
from tests.plugins.services import start_ingest, until

FILE = "spool.sqlite3"
COUNT = 200
#: Enough to fill a small disk soon.
LONG = "x" * 50_000


@pytest.fixture
def broker_line(bus_url):
    """The way to the broker, which a test can close."""
    proxy = Proxy(urlsplit(bus_url).port)
    yield proxy
    proxy.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ingest"


@pytest.fixture
def start_on(start, bus_url, broker_line):
    """Start an ingest service of two workers with its spool in a folder."""
    login, _, _ = urlsplit(bus_url).netloc.rpartition("@")
    netloc = f"{login}@127.0.0.1:{broker_line.port}"
    url = urlunsplit(urlsplit(bus_url)._replace(netloc=netloc))

    def start_it(folder, **environ):
        return start_ingest(
            start, url, INGEST_WORKERS="2", INGEST_DATA_DIR=str(folder), **environ
        )

    return start_it


@pytest.fixture
def ingest(start_on, folder):
    return start_on(folder)


def fill(senders, count=COUNT):
    """Have so many changes of seven submissions wait in the spool."""
    for number in range(count):
        answer = senders.send(f"s-{number % 7}")
        assert answer.json()["queued"] == "spool"


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_filled_spool_outlives_the_end_of_the_service(
    ingest, bus_url, broker_line, end
):
    senders = Senders(ingest.url)
    senders.send("s-0")
    broker_line.refuse()
    fill(senders)

    getattr(ingest, end)()
    broker_line.allow()
    ingest.start()
    senders.send("s-0")

    until(lambda: is_drained(ingest))
    assert_kept(senders, bus_url)


def test_service_that_is_killed_in_mid_drain_loses_nothing(
    ingest, bus_url, broker_line
):
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders, 600)
    broker_line.allow()
    for _ in range(3):
        until(lambda: spool_of(ingest)["depth"] < 600)
        ingest.kill()
        ingest.start()

    until(lambda: is_drained(ingest))
    assert_kept(senders, bus_url)


def test_spool_that_has_reached_its_bound_refuses_before_anything_is_promised(
    start_on, folder, bus_url, broker_line
):
    ingest = start_on(folder, SPOOL_MAX_BYTES="50000")
    senders = Senders(ingest.url)
    broker_line.refuse()
    while not senders.refused:
        senders.send("s-1")
    assert len(senders.spooled) > 10

    broker_line.allow()
    until(lambda: is_drained(ingest))

    until(lambda: "queued" not in senders.send("s-1").json())
    assert_kept(senders, bus_url)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 13 MiB that nobody else uses; 8 are left free for emptying it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=13m", "spool-test", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount).returncode:
        pytest.skip("a small disk cannot be mounted here; the bound is tested above")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_full_disk_is_answered_503_and_all_that_was_promised_before_is_kept(
    start_on, small_disk, bus_url, broker_line
):
    ingest = start_on(small_disk)
    senders = Senders(ingest.url)
    broker_line.refuse()
    while not senders.refused:
        senders.send("s-1", description=LONG)
    assert len(senders.spooled) > 10
    # Whichever worker has refused says so.
    until(lambda: "disk is full" in str(spool_of(ingest)["fault"]))

    broker_line.allow()
    until(lambda: is_drained(ingest))

    until(lambda: "queued" not in senders.send("s-1").json())
    ingest.stop()
    assert_kept(senders, bus_url)


def test_disk_that_is_full_for_a_while_takes_events_again_afterwards(
    start_on, small_disk, bus_url, broker_line
):
    ingest = start_on(small_disk)
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders, 20)
    others = small_disk / "others"
    others.write_bytes(bytes(5 * 1024 * 1024))
    assert senders.send("s-1").status_code == 503

    others.unlink()
    until(lambda: spool_of(ingest)["fault"] is None)
    fill(senders, 20)
    broker_line.allow()

    until(lambda: is_drained(ingest))
    ingest.stop()
    assert_kept(senders, bus_url)


def cut_in_half(file):
    os.truncate(file, file.stat().st_size // 2)


def garble(file):
    with file.open("r+b") as opened:
        opened.write(b"\xa5" * 4_096)


def assert_readable_part_arrived(senders, bus_url, *, at_least):
    """Fail unless what has arrived was promised, in order, and is enough of it."""
    for queue in (CHANGE_LOG_STREAM, MAILER_QUEUE):
        found = list(dict.fromkeys(everything_in(bus_url, queue)))
        assert len(found) >= at_least
        for promised in senders.promised.values():
            mine = set(promised)
            there = [name for name in found if name in mine]
            assert there == sorted(there)
        assert set(found) <= set().union(*senders.promised.values())


def test_spool_cut_in_half_gives_what_is_left_of_it_and_keeps_the_rest_aside(
    ingest, folder, bus_url, broker_line
):
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders)
    ingest.stop()
    cut_in_half(folder / FILE)
    broker_line.allow()

    ingest.start()
    until(lambda: is_drained(ingest))

    assert '"spool.damaged"' in ingest.output()
    assert len(list(folder.glob(f"{FILE}.damaged-*Z"))) == 1
    senders.send("s-1")
    assert_readable_part_arrived(senders, bus_url, at_least=COUNT // 3)


def test_spool_cut_in_half_under_the_running_service_is_mended_by_it(
    ingest, folder, bus_url, broker_line
):
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders)
    ingest.stop()
    ingest.start()
    cut_in_half(folder / FILE)

    assert senders.send("s-1").json()["queued"] == "spool"
    broker_line.allow()
    until(lambda: is_drained(ingest))

    assert '"spool.damaged"' in ingest.output()


def test_garbled_head_of_the_file_costs_nothing(ingest, folder, bus_url, broker_line):
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders)
    ingest.stop()
    garble(folder / FILE)
    broker_line.allow()

    ingest.start()

    until(lambda: is_drained(ingest))
    assert_kept(senders, bus_url)


def test_spool_that_is_deleted_under_the_running_service_loses_nothing(
    ingest, folder, bus_url, broker_line
):
    senders = Senders(ingest.url)
    broker_line.refuse()
    fill(senders, 100)

    shutil.rmtree(folder)
    fill(senders, 100)
    broker_line.allow()

    until(lambda: is_drained(ingest))
    assert_kept(senders, bus_url)
