"""Archives: consistent copies of what is in use, verified, never over what is there."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
from contextlib import closing

import pytest

from deploy.archive.packing import MANIFEST, pack
from deploy.archive.unpacking import Occupied, Unusable, unpack, verify

NAMES = ("rabbitmq", "ingest")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "from"
    (root / "rabbitmq" / "quorum").mkdir(parents=True)
    (root / "rabbitmq" / "quorum" / "0001.wal").write_bytes(os.urandom(300_000))
    (root / "rabbitmq" / ".erlang.cookie").write_text("cookie")
    (root / "rabbitmq" / ".erlang.cookie").chmod(0o400)
    (root / "rabbitmq" / "empty").mkdir()
    (root / "ingest").mkdir()
    return root


@pytest.fixture
def spool(root):
    """A database in WAL mode, with a row that is in its journal alone."""
    connection = sqlite3.connect(root / "ingest" / "spool.sqlite3")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE event (id TEXT)")
    connection.execute("INSERT INTO event VALUES ('waits')")
    connection.commit()
    yield connection
    connection.close()


def packed(root):
    output = io.BytesIO()
    pack(root, NAMES, output)
    return output.getvalue()


def rows(path):
    with closing(sqlite3.connect(path)) as copy:
        return copy.execute("SELECT id FROM event").fetchall()


def test_everything_comes_back_as_it_was(root, spool, tmp_path):
    archive, target = packed(root), tmp_path / "to"
    target.mkdir()

    verify(io.BytesIO(archive))
    unpack(io.BytesIO(archive), target, NAMES)

    wal = "rabbitmq/quorum/0001.wal"
    assert (target / wal).read_bytes() == (root / wal).read_bytes()
    cookie = target / "rabbitmq" / ".erlang.cookie"
    assert cookie.read_text() == "cookie"
    assert cookie.stat().st_mode & 0o777 == 0o400
    assert (target / "rabbitmq" / "empty").is_dir()
    assert rows(target / "ingest" / "spool.sqlite3") == [("waits",)]


def test_copy_is_of_one_moment_while_somebody_writes(root, spool, tmp_path):
    spool.execute("INSERT INTO event VALUES ('not committed')")

    archive = packed(root)
    spool.commit()
    unpack(io.BytesIO(archive), tmp_path, NAMES)

    assert rows(tmp_path / "ingest" / "spool.sqlite3") == [("waits",)]


def test_journals_are_not_packed_beside_a_copy_that_has_them_inside(root, spool):
    with tarfile.open(fileobj=io.BytesIO(packed(root))) as archive:
        names = archive.getnames()

    assert "ingest/spool.sqlite3" in names
    assert not [name for name in names if name.endswith(("-wal", "-shm"))]
    assert not list((root / "ingest").glob(".packing*"))


def test_a_damaged_file_that_was_put_aside_is_kept_as_it_is(root, tmp_path):
    damaged = b"SQLite format 3\0" + b"garbage" * 100
    name = "ingest/spool.sqlite3.damaged-20260101T000000.0Z"
    (root / name).write_bytes(damaged)

    unpack(io.BytesIO(packed(root)), tmp_path, NAMES)

    assert (tmp_path / name).read_bytes() == damaged


def test_a_damaged_database_makes_no_archive(root):
    (root / "ingest" / "spool.sqlite3").write_bytes(b"SQLite format 3\0" + b"x" * 5000)

    with pytest.raises(sqlite3.DatabaseError):
        packed(root)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_an_archive_that_was_cut_is_refused(root, keep):
    archive = packed(root)

    with pytest.raises(Unusable):
        verify(io.BytesIO(archive[: int(len(archive) * keep)]))


def test_a_garbled_archive_is_refused(root):
    archive = bytearray(packed(root))
    archive[len(archive) // 2] ^= 0xFF

    with pytest.raises(Unusable):
        verify(io.BytesIO(bytes(archive)))


def test_a_file_that_is_not_what_the_manifest_says_is_refused(root):
    changed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packed(root))) as old,
        tarfile.open(fileobj=changed, mode="w:gz") as new,
    ):
        for member in old:
            data = old.extractfile(member)
            content = data.read() if data else b""
            if member.name.endswith(".wal"):
                content = content[::-1]
            new.addfile(member, io.BytesIO(content) if data else None)

    with pytest.raises(Unusable, match=r"0001\.wal is not what the manifest says"):
        verify(io.BytesIO(changed.getvalue()))


def test_nothing_is_put_over_what_is_there_unless_told(root, tmp_path):
    archive, target = packed(root), tmp_path / "to"
    (target / "ingest").mkdir(parents=True)
    (target / "ingest" / "newer").write_text("newer")

    with pytest.raises(Occupied, match="ingest"):
        unpack(io.BytesIO(archive), target, NAMES)
    assert not (target / "rabbitmq").exists()
    unpack(io.BytesIO(archive), target, NAMES, overwrite=True)
    assert not (target / "ingest" / "newer").exists()


def test_what_is_read_again_from_the_stream_is_emptied(root, tmp_path):
    target = tmp_path / "to"
    (target / "gateway").mkdir(parents=True)
    (target / "gateway" / "changes.sqlite3").write_text("of another stream")

    unpack(
        io.BytesIO(packed(root)),
        target,
        NAMES,
        also_empty=("gateway",),
        overwrite=True,
    )

    assert list((target / "gateway").iterdir()) == []


@pytest.mark.parametrize("name", ["../escape", "/etc/escape", "elsewhere/file"])
def test_a_member_that_would_leave_the_folders_is_refused(tmp_path, name):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as made:
        info = tarfile.TarInfo(name)
        info.size = 1
        made.addfile(info, io.BytesIO(b"x"))
        made.addfile(tarfile.TarInfo(MANIFEST), io.BytesIO(b""))

    with pytest.raises((Unusable, tarfile.TarError)):
        unpack(io.BytesIO(archive.getvalue()), tmp_path / "to", NAMES)
    assert not (tmp_path / "escape").exists()


def test_nothing_is_emptied_where_there_would_be_no_room(root, tmp_path):
    archive, target = packed(root), tmp_path / "to"
    (target / "ingest").mkdir(parents=True)
    (target / "ingest" / "file").write_text("there")

    with pytest.raises(OSError, match="there is room for"):
        unpack(io.BytesIO(archive), target, NAMES, overwrite=True, needs=1 << 60)

    assert (target / "ingest" / "file").read_text() == "there"


def test_copies_that_a_killed_packing_left_are_removed(root):
    left = root / "ingest" / ".packing-abc"
    left.mkdir()
    (left / "copy").write_bytes(b"half")

    manifest = verify(io.BytesIO(packed(root)))

    assert not left.exists()
    assert not [name for name in manifest["files"] if "packing" in name]


@pytest.mark.parametrize(
    "manifest", [[], {"format": 1}, {"format": 1, "files": []}, {"format": 2}, None]
)
def test_a_manifest_that_is_none_is_refused(manifest):
    with pytest.raises(Unusable):
        verify(io.BytesIO(_archive(_file(MANIFEST, json.dumps(manifest).encode()))))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_neither_file_nor_folder_is_refused(kind):
    link = tarfile.TarInfo("ingest/link")
    link.type, link.linkname = kind, "/etc/passwd"
    manifest = json.dumps({"format": 1, "files": {}}).encode()

    with pytest.raises(Unusable, match="neither a file nor a folder"):
        verify(io.BytesIO(_archive((link, b""), _file(MANIFEST, manifest))))


def _file(name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def _archive(*members):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()
