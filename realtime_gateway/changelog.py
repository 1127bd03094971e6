"""The local replica of the stream: what was said, in order, for those who come back.

SQLite in WAL mode. It is rebuilt from the stream when lost, so a commit need not reach
the disk: after a crash the stream is read again from the last event that did.
One thread writes (`append`, `clear`, `prune`); readers use connections of their own.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.errors import MeloTechError
from shared.events import ChangeEvent, Event

#: Files of another layout are thrown away and rebuilt.
SCHEMA_VERSION = 1
BUSY_TIMEOUT = 5.0

_SCHEMA = """
create table changes (
    position integer primary key autoincrement,
    stream_offset integer not null,
    event_id text not null unique,
    artist_id text,
    time text not null,
    body blob not null
);
create index changes_by_artist on changes (artist_id, position);
create index changes_by_time on changes (time);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event as it came from the stream; `body` is the message's."""

    stream_offset: int
    event: Event
    body: bytes


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the stream was last read, and what stood there."""

    stream_offset: int
    event_id: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored event; `position` grows with the order of arrival."""

    position: int
    body: bytes


class FolderTaken(MeloTechError):
    """Another gateway keeps its change log in this folder."""


class ChangeLog:
    """Events in order of arrival; each id once.

    Raises FolderTaken: two gateways on one file would hide events from each other.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise FolderTaken(f"another gateway uses {folder}") from None
        self._path = folder / "changes.sqlite3"
        self._writer = self._open_or_rebuild()

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        self._writer.close()
        self._lock.close()

    def append(self, entries: Sequence[Entry]) -> list[tuple[int, Event]]:
        """Store what is new; return it with its positions, in order."""
        new: list[tuple[int, Event]] = []
        with self._writer:
            for entry in entries:
                cursor = self._writer.execute(
                    "insert into changes"
                    " (stream_offset, event_id, artist_id, time, body)"
                    " values (?, ?, ?, ?, ?) on conflict (event_id) do nothing",
                    (
                        entry.stream_offset,
                        entry.event.id,
                        _artist_of(entry.event),
                        entry.event.time,
                        entry.body,
                    ),
                )
                if cursor.rowcount and cursor.lastrowid is not None:
                    new.append((cursor.lastrowid, entry.event))
        return new

    def clear(self) -> None:
        """Forget everything: the stream is not the one that this was read from."""
        with self._writer:
            self._writer.execute("delete from changes")

    def prune(self, *, before: str, at_most: int) -> int:
        """Forget up to `at_most` events older than `before` (ISO 8601, UTC).

        The newest stays whatever its age: it is the bookmark.
        """
        with self._writer:
            cursor = self._writer.execute(
                "delete from changes where position in (select position from changes"
                " where time < ? and position < (select max(position) from changes)"
                " order by time limit ?)",
                (before, at_most),
            )
        return cursor.rowcount

    def bookmark(self) -> Bookmark | None:
        """Return where to go on reading the stream, None when nothing is stored."""
        row = self._writer.execute(
            "select stream_offset, event_id from changes order by position desc limit 1"
        ).fetchone()
        return Bookmark(*row) if row else None

    def position_of(self, event_id: str) -> int | None:
        """Return the event's position, None when it is not (or no longer) known."""
        with closing(self._connect()) as reader:
            row = reader.execute(
                "select position from changes where event_id = ?", (event_id,)
            ).fetchone()
        return row[0] if row else None

    def newest(self) -> tuple[int, str | None]:
        """Return the last position and its event id; 0 and None when empty."""
        with closing(self._connect()) as reader:
            row = reader.execute(
                "select position, event_id from changes order by position desc limit 1"
            ).fetchone()
        return (row[0], row[1]) if row else (0, None)

    def after(
        self,
        position: int,
        *,
        artist_ids: Sequence[str] | None,
        limit: int,
    ) -> list[Recorded]:
        """Return events after `position`, oldest first.

        All of them, or those of one artist under the ids given.
        """
        where = "position > ?"
        if artist_ids is not None:
            marks = ",".join("?" * len(artist_ids))
            where += f" and artist_id in ({marks})"
        query = (
            f"select position, body from changes where {where}"  # noqa: S608 # marks only
            " order by position limit ?"
        )
        with closing(self._connect()) as reader:
            rows = reader.execute(query, (position, *(artist_ids or ()), limit))
            return [Recorded(*row) for row in rows]

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            return self._prepared()
        except sqlite3.OperationalError:
            raise  # locked, or the disk is full: the file itself may be sound
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            found = connection.execute("pragma user_version").fetchone()[0]
            if found not in {0, SCHEMA_VERSION}:
                raise sqlite3.DatabaseError(f"layout {found} is not {SCHEMA_VERSION}")
            if found == 0:
                connection.executescript(
                    f"begin; {_SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;"
                )
            connection.execute("select count(*) from (select 1 from changes limit 1)")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        # The writer is made on one thread and used on another, never on two at once.
        return sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT, check_same_thread=False
        )


def _artist_of(event: Event) -> str | None:
    """Return whose page shows the event: mails' fates are the admins' alone."""
    return event.data.artist_id if isinstance(event, ChangeEvent) else None
