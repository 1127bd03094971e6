"""Folders into one archive: consistent copies, and a checksum of each file."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

#: The last member: what the others must be.
MANIFEST = "manifest.json"
FORMAT = 1
_SQLITE_HEADER = b"SQLite format 3\0"
#: What SQLite keeps beside a file; a copy by its backup has all of it inside.
_BESIDE = ("-wal", "-shm", "-journal")
#: Another process may hold the file for a write, in seconds.
_BUSY_DEADLINE = 30.0
#: Pages copied before writers have their turn.
_PAGES = 512
_CHUNK = 1 << 20
_DAMAGED = ".damaged-"
_PACKING = ".packing-"


def pack(root: Path, names: Sequence[str], output: IO[bytes]) -> int:
    """Write the folders `names` of `root` to `output`; return the number of files.

    SQLite files may be in use: their copy is of one moment. All others must not change
    meanwhile, and nobody else may pack. Raises OSError and
    sqlite3.Error; what was written is no archive then.
    """
    files: dict[str, dict[str, object]] = {}
    _clear(root, names)
    with tarfile.open(fileobj=output, mode="w|gz") as archive:
        for name in names:
            for path in _entries(root / name):
                member = path.relative_to(root).as_posix()
                if path.is_dir():
                    archive.add(path, member, recursive=False)
                    continue
                # One that went meanwhile was only for a moment.
                with suppress(FileNotFoundError):
                    files[member] = _add_file(archive, path, member)
        manifest = {"format": FORMAT, "made": int(time.time()), "files": files}
        _add_manifest(archive, json.dumps(manifest).encode())
    return len(files)


def _clear(root: Path, names: Sequence[str]) -> None:
    """Remove the copies that a packing has left which was killed."""
    for name in names:
        for folder in list((root / name).rglob(f"{_PACKING}*")):
            shutil.rmtree(folder, ignore_errors=True)


def _entries(folder: Path) -> Iterator[Path]:
    yield folder
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            continue
        if not _is_beside(path):
            yield path


def _is_beside(path: Path) -> bool:
    for suffix in _BESIDE:
        if path.name.endswith(suffix):
            return _is_sqlite(path.with_name(path.name.removesuffix(suffix)))
    return False


def _is_sqlite(path: Path) -> bool:
    # What the spool has put aside as damaged is kept as it is.
    if not path.is_file() or _DAMAGED in path.name:
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


def _add_file(archive: tarfile.TarFile, path: Path, member: str) -> dict[str, object]:
    if not _is_sqlite(path):
        return _add(archive, path, path, member)
    # Beside it, where there is room for it: memory there is little.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=_PACKING) as folder:
        copy = Path(folder) / "copy"
        _copy_sqlite(path, copy)
        return _add(archive, copy, path, member)


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a file that others write to, as it is at one moment."""
    with (
        closing(sqlite3.connect(source, timeout=_BUSY_DEADLINE)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One read transaction: a writer in WAL mode is not in its way, and the copy
        # need not begin again for each write.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"{source.name} is damaged: {verdict}")


def _add(
    archive: tarfile.TarFile, content: Path, owner: Path, member: str
) -> dict[str, object]:
    """Add the file `content` with the rights of `owner`; return its size and sum."""
    info = archive.gettarinfo(str(owner), member)
    # A hard link would be a name without content.
    info.type, info.linkname = tarfile.REGTYPE, ""
    with content.open("rb") as file:
        info.size = content.stat().st_size
        summing = Summing(file)
        archive.addfile(info, summing)
    return {"size": info.size, "sha256": summing.sum()}


class Summing(io.RawIOBase):
    """A file that sums up what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, and count them in."""
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(_CHUNK):
            pass

    def sum(self) -> str:
        """Return the SHA-256 of what was read so far."""
        return self._hash.hexdigest()


def _add_manifest(archive: tarfile.TarFile, content: bytes) -> None:
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))
