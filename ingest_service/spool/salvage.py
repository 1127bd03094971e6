"""Read what can still be read of a damaged spool, without changing it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from ingest_service.spool import rows, schema
from ingest_service.spool.places import beside, remove
from ingest_service.spool.rows import Spooled

#: Where not even the ends can be read, so many numbers before the last are tried.
LONGEST_GAP = 1_000_000
#: Where a file's head says how many pages it has, that this is so as of which change,
#: and the count of changes.
PAGES, AS_OF, CHANGES = slice(28, 32), slice(92, 96), slice(24, 28)


@contextmanager
def copy_of(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a copy of the file, its head mended where it is gone.

    Raises OSError where there is no room for the copy.
    """
    scratch = beside(path, ".scratch")
    try:
        _copy(path, scratch)
        if not _has_tables(scratch):
            # Asking may have cost the copy its journal.
            _copy(path, scratch)
            _mend_head(scratch)
        with closing(schema.connect_for_rescue(scratch)) as connection:
            yield connection
    finally:
        remove(scratch)


def numbers(connection: sqlite3.Connection, table: str) -> set[int]:
    """Return the numbers of the rows that can be reached: from both ends, between."""
    upwards, whole = _walk(connection, table, "> 0", "asc")
    if whole:
        return set(upwards)
    downwards, _ = _walk(connection, table, "> 0", "desc")
    end = downwards[-1] if downwards else last_given(connection) + 1
    begin = upwards[-1] + 1 if upwards else max(1, end - LONGEST_GAP)
    return {*upwards, *downwards} | _between(connection, table, begin, end)


def message(connection: sqlite3.Connection, number: int) -> Spooled | None:
    """Return the message of this number, None where it is not as once written."""
    row = _row(connection, rows.SELECT, number)
    return None if row is None else rows.spooled(*row)


def refused(connection: sqlite3.Connection, number: int) -> tuple[Spooled, str] | None:
    """Return the refused message of this number and the reason, None as above."""
    row = _row(connection, rows.SELECT_REFUSED, number)
    found = None if row is None else rows.spooled(*row[:-1])
    return None if row is None or found is None else (found, str(row[-1]))


def last_given(connection: sqlite3.Connection) -> int:
    """Return the last number that the file gave, 0 where it cannot be read."""
    query = "select seq from sqlite_sequence where name = 'messages'"
    with suppress(sqlite3.Error):
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0
    return 0


def file_id(connection: sqlite3.Connection) -> str | None:
    """Return the id that the file was made with, None where it cannot be read."""
    with suppress(sqlite3.Error):
        row = connection.execute("select file_id from totals").fetchone()
        return None if row is None else str(row[0])
    return None


def _copy(path: Path, scratch: Path) -> None:
    remove(scratch)
    for suffix in ("", "-wal"):
        target = os.open(beside(scratch, suffix), os.O_CREAT | os.O_WRONLY, 0o600)
        source = beside(path, suffix)
        with os.fdopen(target, "wb") as written, ExitStack() as stack:
            if source.exists():
                read = stack.enter_context(source.open("rb"))
                shutil.copyfileobj(read, written)
    if not scratch.stat().st_size:
        # SQLite deletes the journal of an empty file.
        _mend_head(scratch)


def _has_tables(scratch: Path) -> bool:
    with suppress(sqlite3.Error), closing(schema.connect_for_rescue(scratch)) as opened:
        opened.execute("select number from messages limit 0").fetchall()
        return True
    return False


def _mend_head(scratch: Path) -> None:
    """Give the file the first page that every spool has, all but the count of pages."""
    template = beside(scratch, ".template")
    try:
        remove(template)
        schema.create(template).close()
        head = bytearray(template.read_bytes()[: schema.PAGE_BYTES])
    finally:
        remove(template)
    with scratch.open("r+b") as opened:
        size = max(opened.seek(0, os.SEEK_END), len(head))
        head[PAGES] = (size // schema.PAGE_BYTES).to_bytes(4, "big")
        head[AS_OF] = head[CHANGES]
        opened.seek(0)
        opened.write(head)


def _walk(
    connection: sqlite3.Connection, table: str, where: str, order: str
) -> tuple[list[int], bool]:
    """Return the numbers up to the first damage, and whether there was none."""
    found: list[int] = []
    query = f"select number from {table} where number {where} order by number {order}"  # noqa: S608 # nosec B608 # ours
    try:
        for (number,) in connection.execute(query):
            found.append(number)
    except sqlite3.Error:
        return found, False
    return found, True


def _between(
    connection: sqlite3.Connection, table: str, begin: int, end: int
) -> set[int]:
    """Look for sound places between damaged ones, in ever longer steps."""
    found: set[int] = set()
    misses = 0
    while begin < end:
        upwards, _ = _walk(connection, table, f">= {begin}", "asc")
        downwards, _ = _walk(connection, table, f"between 1 and {begin}", "desc")
        found.update(upwards, downwards)
        misses = 0 if upwards else misses + 1
        begin = upwards[-1] + 1 if upwards else begin + 1 + misses // 16
    return found


def _row(
    connection: sqlite3.Connection, query: str, number: int
) -> tuple[object, ...] | None:
    with suppress(sqlite3.Error):
        found = connection.execute(f"{query} where number = ?", [number]).fetchall()
        return found[0] if found else None
    return None
