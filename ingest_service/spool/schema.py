"""The layout of the spool's file, and how a file is opened or judged damaged."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.sqlite import Damaged

SCHEMA_VERSION = 1
PAGE_BYTES = 4096
#: Writers queue for the lock file, so SQLite itself is hardly ever busy; in seconds.
BUSY_TIMEOUT = 0.5
#: Whoever asks on the way of a request waits no longer than this, in seconds.
GLANCE_TIMEOUT = 0.02
#: The journal goes into the file after so many pages, and is cut back to as many.
JOURNAL_PAGES = 1_000
#: Files up to this size are checked whole when they are opened (a fraction of a
#: second); in larger ones damage shows when it is met.
CHECKED_BYTES = 32 * 1024 * 1024

_ROW = """
    message_id text not null,
    exchange text not null,
    routing_key text not null,
    headers blob not null,
    body blob not null,
    accepted_at real not null,
    checksum integer not null
"""
_SCHEMA = f"""
create table messages (number integer primary key autoincrement, {_ROW});
create table refused (number integer primary key, {_ROW}, reason text not null);
create table totals (
    only integer primary key check (only = 1),
    file_id text not null,
    depth integer not null,
    refused integer not null,
    bytes integer not null
);
create table carried (file_id text primary key) without rowid;
"""


def create(path: Path, *, numbers_above: int = 0) -> sqlite3.Connection:
    """Make an empty spool at `path`, where there must be none; return a connection.

    Its numbers begin above those of every earlier file, so that no number ever stands
    for two messages. Raises OSError and sqlite3.Error.
    """
    # SQLite gives its other files the mode of the first.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = _connect(path, BUSY_TIMEOUT)
    try:
        connection.execute(f"pragma page_size = {PAGE_BYTES}")
        _set_up(connection)
        connection.executescript(
            f"begin; {_SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;"
        )
        base = max(time.time_ns() // 1_000, numbers_above)
        with transaction(connection):
            connection.execute(
                "insert into sqlite_sequence values ('messages', ?)", [base]
            )
            connection.execute(
                "insert into totals values (1, ?, 0, 0, 0)", [uuid.uuid4().hex]
            )
    except BaseException:
        connection.close()
        raise
    return connection


def open_existing(path: Path) -> sqlite3.Connection:
    """Return a connection for writing to the sound file at `path`.

    Raises Damaged or sqlite3.DatabaseError where it is damaged (see `is_damage`),
    FileNotFoundError where there is none, else sqlite3.OperationalError.
    """
    _refuse_emptied(path)
    connection = _connect(path, BUSY_TIMEOUT)
    try:
        _set_up(connection)
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing and hardly waits; raises as above."""
    _refuse_emptied(path)
    connection = _connect(path, GLANCE_TIMEOUT)
    connection.execute("pragma query_only = 1")
    return connection


def connect_for_rescue(path: Path) -> sqlite3.Connection:
    """Return a connection to a copy that may be damaged in any way."""
    connection = _connect(path, BUSY_TIMEOUT)
    # Not held against what is read as text: the checksum tells.
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, durably; all of it or nothing."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("rollback")
        raise


def _refuse_emptied(path: Path) -> None:
    if path.stat().st_size < PAGE_BYTES:
        # SQLite would take it for a new file, and delete the journal beside it.
        raise Damaged("the file has been emptied")


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma temp_store = memory")
    connection.execute(f"pragma wal_autocheckpoint = {JOURNAL_PAGES}")
    connection.execute(f"pragma journal_size_limit = {JOURNAL_PAGES * PAGE_BYTES}")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("pragma user_version").fetchone()[0]
    if found != SCHEMA_VERSION:
        raise Damaged(f"layout {found} is not {SCHEMA_VERSION}")
    pages = connection.execute("pragma page_count").fetchone()[0]
    if pages * PAGE_BYTES <= CHECKED_BYTES:
        verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise Damaged(str(verdict)[:200])
    if connection.execute("select count(*) from totals").fetchone()[0] != 1:
        raise Damaged("the totals are missing")
