"""The layout of the change log's file, and how a file is opened or judged damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from shared.sqlite import Damaged

#: Files of another layout are thrown away and rebuilt.
SCHEMA_VERSION = 3
BUSY_TIMEOUT = 5.0
#: The journal goes into the file after so many pages (4 KiB each): each event writes
#: the same pages of the indexes, which so reach the file once for many.
CHECKPOINT_PAGES = 4_000
#: What the journal beside the file is cut back to.
MAX_JOURNAL_BYTES = 16 * 1024 * 1024
#: Files up to this size are checked whole at the start (a fraction of a second); in
#: larger ones damage shows when it is met.
CHECKED_BYTES = 128 * 1024 * 1024

_SCHEMA = """
create table changes (
    position integer primary key autoincrement,
    stream_offset integer not null,
    event_id text not null unique,
    fingerprint text,
    type text not null,
    submission_id text not null,
    artist_id text,
    time text not null,
    stale integer not null,
    body blob not null
);
create index changes_by_artist on changes (artist_id, position);
create index changes_by_submission on changes (submission_id, position);
create index changes_by_time on changes (time);
create index changes_by_fingerprint on changes (fingerprint, time)
    where fingerprint is not null;
create index changes_by_type on changes (type, position);
create index mails_by_submission on changes (submission_id, time, position)
    where type >= 'email.' and type < 'email/';

create table submissions (
    submission_id text primary key,
    artist_id text,
    status text,
    position integer not null,
    sequence text,
    updated_at integer,
    deleted integer not null,
    submitted_at real,
    first_review_at real,
    decided_at real,
    row blob
);
create index submissions_by_artist on submissions (artist_id, submission_id);
create index submissions_in_order
    on submissions (printf('%03d', length(submission_id)) || submission_id)
    where deleted = 0;
create index submissions_by_status
    on submissions (status, printf('%03d', length(submission_id)) || submission_id)
    where deleted = 0;
create index submissions_by_first_review on submissions (first_review_at)
    where first_review_at is not null;
create index submissions_by_decision on submissions (decided_at)
    where decided_at is not null;
create index submissions_by_position on submissions (position);

create table minutes (
    minute text not null,
    type text not null,
    count integer not null,
    primary key (minute, type)
) without rowid;

create table stream (
    only integer primary key check (only = 1),
    stream_offset integer not null,
    message_id text not null
);
"""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection to a sound file, made anew where there is none.

    Raises sqlite3.DatabaseError where the file is damaged, sqlite3.OperationalError
    where it cannot be used now (locked, disk full).
    """
    connection = connect(path)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that one thread at a time may use."""
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT, check_same_thread=False)


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing and creates no file."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT,
        check_same_thread=False,
    )
    connection.execute("pragma query_only = 1")
    return connection


def remove(path: Path) -> None:
    """Throw the file away, with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Only a file without tables can still be told to give its pages back.
    connection.execute("pragma auto_vacuum = incremental")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute(f"pragma journal_size_limit = {MAX_JOURNAL_BYTES}")
    connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
    found = connection.execute("pragma user_version").fetchone()[0]
    if found not in {0, SCHEMA_VERSION}:
        raise Damaged(f"layout {found} is not {SCHEMA_VERSION}")
    if found == 0:
        connection.executescript(
            f"begin; {_SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;"
        )
    connection.execute("pragma wal_checkpoint(truncate)")
    pages = connection.execute("pragma page_count").fetchone()[0]
    size = connection.execute("pragma page_size").fetchone()[0]
    if path.stat().st_size < pages * size:
        raise Damaged("the file has been cut off")
    if pages * size <= CHECKED_BYTES:
        verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise Damaged(verdict[:200])
