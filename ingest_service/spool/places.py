"""Where the spool's files stand, and how one takes the place of another for good."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

#: What SQLite keeps beside a file: its journal, and an index of that.
BESIDE = ("-wal", "-shm")

#: Which files stand at the path and beside it; None for one that is not there.
Identity = tuple[tuple[int, int] | None, ...]


def beside(path: Path, suffix: str) -> Path:
    """Return the path with `suffix` behind its name."""
    return path.with_name(path.name + suffix)


def identity(path: Path) -> Identity:
    """Return what tells these files from any others that may come to this path."""
    return tuple(file_identity(beside(path, suffix)) for suffix in ("", *BESIDE))


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from any other, None where there is none."""
    try:
        # Not by the path's own method, which takes twice as long: each webhook asks.
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def remove(path: Path) -> None:
    """Remove a file that was only a copy, with what SQLite keeps beside it."""
    for suffix in ("", *BESIDE):
        beside(path, suffix).unlink(missing_ok=True)


def put_in_place(finished: Path, path: Path) -> Path | None:
    """Move the file `finished` to `path`; return where the one before it is kept.

    Killed in between, it is to be called again: `finished` is there until the end.
    """
    kept = beside(path, f".damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    # The journal first: at the path it would be taken for the new file's.
    beside(path, "-shm").unlink(missing_ok=True)
    moved = False
    for suffix in ("-wal", ""):
        with suppress(FileNotFoundError):
            beside(path, suffix).rename(beside(kept, suffix))
            moved = True
    finished.rename(path)
    sync_folder(path.parent)
    return kept if moved else None


def damaged(path: Path) -> set[str]:
    """Return the names of the damaged files that are kept."""
    kept = path.parent.glob(f"{path.name}.damaged-*")
    return {file.name.removesuffix("-wal") for file in kept}


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder are on the disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
