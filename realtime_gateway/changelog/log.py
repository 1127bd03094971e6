"""The file that is written: events in order of arrival, each once.

It is rebuilt from the stream when lost, so a commit need not reach the disk: after a
crash the stream is read again from the last event that did. One thread writes; what is
read goes through `reader.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from realtime_gateway.changelog import schema, writer
from realtime_gateway.changelog.entries import Bookmark, Entry, Extent, Stored
from shared import events, logs, sqlite
from shared.errors import Malformed
from shared.events import ACCESS_REVOKED, RevocationEvent
from shared.versions import microseconds

log = logs.get(__name__)

#: Pages that a pruned file gives back at a time (4 KiB each), so that nothing stalls.
VACUUM_PAGES = 256
#: The part of its bound that a file may hold in free pages: new events take them again.
SLACK = 8

Insert = Callable[[sqlite3.Connection, Entry], Stored | None]


class ChangeLog:
    """The tables of `schema.py`; all methods are the writer thread's.

    Methods raise sqlite3.Error; `sqlite.is_damage` tells whether `renew` is the answer.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "changes.sqlite3"
        self._writer = self._open_or_renew()
        self._file = self._identity()

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        self._writer.close()

    def append(self, entries: Sequence[Entry], bookmark: Bookmark) -> list[Stored]:
        """Store what is new and where the stream has been read to; return what is new.

        Both are one transaction.
        """
        try:
            return self._append(entries, bookmark, writer.insert)
        except sqlite3.Error:
            raise  # the file's fault: the whole batch is tried again
        except Exception:  # noqa: BLE001 # an event's own: it must not stop the line
            return self._append(entries, bookmark, self._insert_guarded)

    def _append(
        self, entries: Sequence[Entry], bookmark: Bookmark, insert: Insert
    ) -> list[Stored]:
        with self._writer:
            # Python begins none before a savepoint, which would be a transaction of its
            # own then: of a batch that fails half-way some events would be stored, and
            # never told, since they are not new the next time.
            self._writer.execute("begin immediate")
            new = [
                stored for entry in entries if (stored := insert(self._writer, entry))
            ]
            self._writer.execute(
                "insert or replace into stream values (1, ?, ?)",
                (bookmark.stream_offset, bookmark.message_id),
            )
        return new

    def _insert_guarded(
        self, connection: sqlite3.Connection, entry: Entry
    ) -> Stored | None:
        """Store it, or pass over it alone: at the cost of a savepoint for each."""
        connection.execute("savepoint entry")
        try:
            stored = writer.insert(connection, entry)
        except sqlite3.Error:
            raise
        except Exception as error:  # whatever it is, its neighbours are stored
            connection.execute("rollback to entry")
            log.error(
                "feed.malformed",
                offset=entry.stream_offset,
                event_id=entry.event.id[:200],
                exc_info=error,
            )
            stored = None
        connection.execute("release entry")
        return stored

    def bookmark(self) -> Bookmark | None:
        """Return where to go on reading the stream, None when nothing has been read."""
        row = self._writer.execute(
            "select stream_offset, message_id from stream"
        ).fetchone()
        return Bookmark(*row) if row else None

    def newest(self) -> tuple[int, str | None]:
        """Return the last position and its event id; 0 and None when empty."""
        row = self._writer.execute(
            "select position, event_id from changes order by position desc limit 1"
        ).fetchone()
        return (row[0], row[1]) if row else (0, None)

    def extent(self) -> Extent:
        """Return how much there is, `size` in bytes without the file's free pages."""
        first = self._writer.execute(
            "select position, time from changes order by position limit 1"
        ).fetchone()
        if first is None:
            return Extent(events=0, size=self._used_bytes(), oldest=None)
        # Positions have no holes: what is forgotten goes from the front.
        (last, _), since = self.newest(), microseconds(first[1])
        return Extent(
            events=last - first[0] + 1,
            size=self._used_bytes(),
            oldest=None if since is None else since / 1_000_000,
        )

    def revocations(self) -> list[RevocationEvent]:
        """Return the revocations that are still kept, oldest first."""
        rows = self._writer.execute(
            "select body from changes where type = ? order by position",
            (ACCESS_REVOKED,),
        ).fetchall()
        found: list[RevocationEvent] = []
        for (body,) in rows:
            with suppress(Malformed, AttributeError):
                event = events.decode(body)
                if isinstance(event, RevocationEvent):
                    found.append(event)
        return found

    def clear(self) -> None:
        """Forget everything: the stream is not the one that this was read from."""
        with self._writer:
            for table in ("changes", "submissions", "minutes", "stream"):
                self._writer.execute(f"delete from {table}")  # noqa: S608 # nosec B608 # names above

    def renew(self) -> None:
        """Put an empty file in the place of this one, which is lost or damaged."""
        self._writer.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        schema.remove(self.path)
        self._writer = schema.open_for_writing(self.path)
        self._file = self._identity()

    def is_in_place(self) -> bool:
        """Tell whether the file at its path is still the one that is written."""
        return self._file is not None and self._identity() == self._file

    def prune(self, *, before: str, max_bytes: int, at_most: int) -> bool:
        """Forget up to `at_most` of the oldest events; tell whether more is to be done.

        Those older than `before` (ISO 8601, UTC), and as many as it takes for the file
        to use `max_bytes` again. Only ever from the front: an event that is missing
        between two others would be missing from somebody's screen. The newest stays,
        so that who has seen it can resume whatever its age.
        """
        with self._writer:
            doomed = self._doomed(before, max_bytes, at_most)
            if doomed:
                last = doomed[-1]
                self._writer.execute("delete from changes where position <= ?", (last,))
                self._writer.execute(
                    "delete from submissions where position <= ?", (last,)
                )
            self._writer.execute("delete from minutes where minute < ?", (before[:16],))
        free = self._free_bytes()
        if free > max_bytes // SLACK:
            vacuum = f"pragma incremental_vacuum({VACUUM_PAGES})"
            self._writer.execute(vacuum).fetchall()
            # Only then does the file itself get shorter; readers are not waited for.
            self._writer.execute("pragma wal_checkpoint(passive)").fetchall()
        shrinking = max_bytes // SLACK < self._free_bytes() < free
        return shrinking or len(doomed) == at_most

    def _doomed(self, before: str, max_bytes: int, at_most: int) -> list[int]:
        over = self._used_bytes() - max_bytes
        doomed: list[int] = []
        for position, time, size in self._writer.execute(
            "select position, time, length(body) from changes"
            " where position < (select max(position) from changes)"
            " order by position limit ?",
            (at_most,),
        ):
            if time >= before and over <= 0:
                break
            doomed.append(position)
            over -= size
        return doomed

    def _used_bytes(self) -> int:
        return self._pragma("page_count") * self._pragma("page_size") - (
            self._free_bytes()
        )

    def _free_bytes(self) -> int:
        return self._pragma("freelist_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        value: int = self._writer.execute(f"pragma {name}").fetchone()[0]
        return value

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _open_or_renew(self) -> sqlite3.Connection:
        try:
            self._writer = schema.open_for_writing(self.path)
            # What the start needs must be readable, or the gateway would not start.
            self.bookmark(), self.newest(), self.revocations()
        except sqlite3.Error as error:
            if not sqlite.is_damage(error):
                raise  # locked, or the disk is full: the file itself may be sound
        else:
            return self._writer
        schema.remove(self.path)
        return schema.open_for_writing(self.path)
