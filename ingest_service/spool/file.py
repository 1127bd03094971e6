"""The spool's file: what was promised and is not in the broker yet, in order.

The processes of one machine share it. All but `is_empty` and `state` blocks on the
disk, so it belongs into a thread of the operating system (`threads.py`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from gevent.monkey import get_original

from ingest_service.spool import places, rescue, rows, schema, table
from ingest_service.spool.errors import SpoolFull, SpoolUnwritable
from ingest_service.spool.glance import Glance, SpoolState
from ingest_service.spool.lock import FileLock
from ingest_service.spool.places import beside
from ingest_service.spool.rows import Spooled
from shared import logs, sqlite
from shared.amqp.message import Message

log = logs.get(__name__)

#: How long one may wait for the others to write, in seconds.
LOCK_TIMEOUT = 0.8
#: What must be free on the disk beside what is to be written three times (journal,
#: file, rescue): a file on a full disk could not even be emptied.
FREE_BYTES = 8 * 1024 * 1024
#: A spool that cannot take a message of this size is not as it should be.
PROOF_BYTES = 1024 * 1024

T = TypeVar("T")

_native_lock = get_original("_thread", "allocate_lock")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the spool may hold: bytes of bodies, seconds since the oldest came."""

    max_bytes: int
    max_age: float


class SpoolFile:
    """Messages in order of acceptance; open it after the fork, later `close` it.

    Every operation but `is_empty` and `state` raises SpoolUnwritable where the file
    cannot be used; what it should have done has not been done then.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._lock = FileLock(beside(path, ".lock"))
        # Not gevent's: it is held by threads of the operating system.
        self._mutex = _native_lock()
        self._connection: sqlite3.Connection | None = None
        self._files: places.Identity = ()
        self._glance = Glance(path)
        #: Why the file could not be used the last time, None where it could.
        self.fault: str | None = None

    def open(self) -> None:
        """Make or mend the file, and prove that it can be written."""

        def prove(connection: sqlite3.Connection) -> None:
            self._refuse_on_full_disk(PROOF_BYTES)
            with schema.transaction(connection):
                connection.execute(rows.ADD_TO_TOTALS, [0, 0, 0])

        self._run(prove)

    def append(self, messages: Sequence[Message], now: float) -> None:
        """Return when all of the messages are on the disk; `now` is Unix time.

        Raises SpoolFull, and ValueError for text that no encoding has; nothing is
        stored then.
        """
        new = [rows.row_of(message, now) for message in messages]
        size = sum(len(message.body) for message in messages)

        def store(connection: sqlite3.Connection) -> None:
            self._refuse_on_full_disk(size)
            with schema.transaction(connection):
                self._refuse_when_full(connection, size, now)
                connection.executemany(rows.INSERT, new)
                connection.execute(rows.ADD_TO_TOTALS, [len(new), 0, size])

        self._run(store)

    def oldest(self, limit: int) -> list[Spooled]:
        """Return up to `limit` of the messages that have waited longest, in order."""
        return self._run(lambda found: table.oldest(found, limit), writes=False)

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget the messages of these numbers: the broker has them."""

        def forget(connection: sqlite3.Connection) -> None:
            with schema.transaction(connection):
                count, size = table.delete(connection, numbers)
                connection.execute(rows.ADD_TO_TOTALS, [-count, 0, -size])
            table.give_pages_back(connection)

        self._run(forget)

    def refuse(self, message: Spooled, reason: str) -> None:
        """Put a message that the broker can never take out of the line."""
        row = rows.row_of(message.message, message.accepted_at)

        def set_aside(connection: sqlite3.Connection) -> None:
            with schema.transaction(connection):
                count, _ = table.delete(connection, [message.number])
                if count:
                    connection.execute(rows.INSERT_REFUSED, (*row, reason))
                    connection.execute(rows.ADD_TO_TOTALS, [-1, 1, 0])

        self._run(set_aside)

    def is_empty(self) -> bool:
        """Tell whether a new message may go past the spool: nothing waits in it.

        It costs some microseconds. A file that cannot be used at all is empty: what
        the broker takes must not wait for it.
        """
        empty = self._glance.is_empty()
        return self.fault is not None if empty is None else empty

    def state(self, now: float) -> SpoolState:
        """Return what is in the spool, and what is wrong with it, if anything."""
        state = self._glance.state(now, self.fault)
        age = state.oldest_age_seconds or 0.0
        full = state.bytes >= self._limits.max_bytes or age > self._limits.max_age
        return replace(state, full=full)

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        with self._mutex:
            # SQLite tidies up when the last connection goes, so nobody may write.
            with suppress(OSError):
                self._lock.take(LOCK_TIMEOUT)
            self._glance.close()
            if self._connection is not None:
                self._connection.close()
            self._lock.close()

    def _run(
        self, work: Callable[[sqlite3.Connection], T], *, writes: bool = True
    ) -> T:
        """Do the work on a sound file while nobody else writes it."""
        try:
            done = self._alone(work)
        except SpoolUnwritable as error:
            self._note(str(error))
            raise
        except (sqlite3.Error, OSError) as error:
            self._note(str(error))
            raise SpoolUnwritable(str(error)) from error
        if writes:
            self._note(None)
        return done

    def _alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if not self._mutex.acquire(timeout=LOCK_TIMEOUT):
            raise SpoolUnwritable("this process writes for too long")
        try:
            if not self._lock.take(LOCK_TIMEOUT):
                raise SpoolUnwritable("another process writes for too long")
            try:
                return self._mended(work)
            finally:
                self._lock.release()
        finally:
            self._mutex.release()

    def _mended(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._current())
        except sqlite3.Error as error:
            if not sqlite.is_damage(error):
                raise
            reason = str(error)
        damaged, self._connection = self._connection, None
        self._keep(rescue.renew(self.path, damaged, reason))
        return work(self._current())

    def _current(self) -> sqlite3.Connection:
        """Return the connection to the file that is at the path now."""
        old = self._connection
        if old is None:
            return self._keep(rescue.open_sound(self.path))
        found = places.identity(self.path)
        if found == self._files:
            return old
        if found[0] == self._files[0]:
            raise sqlite.Damaged("the journal was deleted or replaced")
        return self._keep(rescue.open_sound(self.path, old))

    def _keep(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        self._connection = connection
        self._files = places.identity(self.path)
        return connection

    def _refuse_on_full_disk(self, size: int) -> None:
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < FREE_BYTES + 3 * size:
            raise SpoolUnwritable("the disk is full, but for what emptying it takes")

    def _refuse_when_full(
        self, connection: sqlite3.Connection, size: int, now: float
    ) -> None:
        used, accepted_at = table.held(connection)
        if used + size > self._limits.max_bytes:
            raise SpoolFull(f"it holds {used} bytes of {self._limits.max_bytes}")
        if accepted_at is not None and now - accepted_at > self._limits.max_age:
            raise SpoolFull(f"the oldest event is {now - accepted_at:.0f} s old")

    def _note(self, fault: str | None) -> None:
        if fault != self.fault:
            if fault is None:
                log.info("spool.writable")
            else:
                log.error("spool.unwritable", reason=fault)
        self.fault = fault
