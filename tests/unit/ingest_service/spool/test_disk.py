"""The disk is full or read-only: nothing is promised, and nothing is spoilt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile

ROOT = Path(__file__).parents[4]
NOW = 1_700_000_000.0
ROOMY = Limits(max_bytes=2**30, max_age=3600)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 12 MiB that nobody else uses."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "spool-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount).returncode:
        pytest.skip("a small disk cannot be mounted here; see the test below it")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(spool, numbered):
    """Append until the disk has no room; return how many messages are stored."""
    count = 0
    with suppress(SpoolUnwritable):
        while True:
            spool.append(numbered(count, count + 20), NOW)
            count += 20
    assert spool.fault is not None
    return count


def test_full_disk_refuses_and_keeps_what_was_promised(small_disk, numbered, ids):
    spool = SpoolFile(small_disk / "spool.sqlite3", ROOMY)
    count = fill(spool, numbered)

    assert count > 100
    assert ids(spool) == list(range(count))
    assert spool.state(NOW).depth == count
    assert not spool.is_empty()
    spool.close()


def test_spool_that_filled_its_own_disk_can_be_emptied_and_filled_again(
    small_disk, numbered
):
    spool = SpoolFile(small_disk / "spool.sqlite3", ROOMY)
    first = fill(spool, numbered)

    while batch := spool.oldest(500):
        spool.remove([each.number for each in batch])

    assert spool.is_empty()
    assert fill(spool, numbered) >= first * 0.9
    spool.close()


def test_disk_that_others_filled_to_the_last_byte_works_again_once_they_leave(
    small_disk, numbered, ids
):
    spool = SpoolFile(small_disk / "spool.sqlite3", ROOMY)
    spool.append(numbered(50), NOW)
    with pytest.raises(OSError, match="No space"):
        (small_disk / "others").write_bytes(bytes(12 * 1024 * 1024))

    with pytest.raises(SpoolUnwritable):
        spool.append(numbered(50, 51), NOW)
    assert ids(spool) == list(range(50))
    assert spool.state(NOW).depth == 50
    (small_disk / "others").unlink()

    spool.append(numbered(50, 60), NOW)
    assert ids(spool) == list(range(60))
    spool.close()


#: Appends on a disk that takes no byte more than so many in one file.
LIMITED = """
import resource, sys
from pathlib import Path
from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile
from shared.amqp.message import Message

spool = SpoolFile(Path(sys.argv[1]), Limits(2**30, 3600))
spool.open()
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
count = 0
try:
    while True:
        text = str(count)
        spool.append([Message(body=bytes(700), message_id=text, routing_key="r")], 0)
        count += 1
except SpoolUnwritable:
    print("said", count, len(spool.oldest(10_000)), spool.state(0).fault is not None)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
spool.append([Message(body=b"", message_id="last", routing_key="r")], 0)
print("said", len(spool.oldest(10_000)), spool.state(0).fault)
"""


def test_write_that_fails_half_way_leaves_no_trace(path):
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )

    said = [line.split() for line in ran.stdout.splitlines() if line[:4] == "said"]
    (_, count, kept, faulty), (_, later, fault) = said
    assert (int(count) > 10, kept, faulty) == (True, count, "True"), ran.stderr
    assert (int(later), fault) == (int(count) + 1, "None")


#: Tries to use a folder that belongs to somebody else.
STRANGER = """
import os, sys
from pathlib import Path
from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile
from shared.amqp.message import Message

if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
spool = SpoolFile(Path(sys.argv[1]), Limits(2**30, 3600))
try:
    spool.append([Message(body=b"", message_id="m", routing_key="r")], 0)
except SpoolUnwritable as error:
    print("refused", spool.is_empty(), spool.state(0).fault == str(error))
"""


@contextmanager
def read_only(folder):
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def test_read_only_folder_refuses_and_says_why(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)

    with read_only(folder):
        ran = subprocess.run(
            [sys.executable, "-c", STRANGER, str(folder / "spool.sqlite3")],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert ran.stdout.splitlines()[-1:] == ["refused True True"], ran.stderr
