"""What Mailgun has signed is good for one use: which has been used, in SQLite.

The file is shared by the worker processes of a machine and outlives them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from ingest_service.mailgun.signature import Stamp
from shared import logs

log = logs.get(__name__)

FILE = "mailgun.sqlite3"
#: For half a day 2.3 webhooks a second. Past it the oldest are forgotten.
MAX_STAMPS = 100_000
#: Whoever has claimed one and said nothing for so long is dead, in seconds.
LEASE = 30.0
#: They are kept longer than they are good, lest a clock that is set back revive them.
KEPT_LONGER = 3_600.0
#: A file that another process holds for so long is not usable, in seconds. Meanwhile
#: the whole worker waits, with all its greenlets.
BUSY_TIMEOUT = 0.25

_SCHEMA = """
create table if not exists stamps (
    number integer primary key autoincrement,
    text text not null unique,
    signed_at real not null,
    claimed_at real
);
create index if not exists stamps_by_time on stamps (signed_at);
"""


class Claim(Enum):
    """What a claim found."""

    TAKEN = "taken"
    USED = "used"
    BUSY = "busy"


class Tokens:
    """Stamps by their text: claimed while a webhook is under way, then used for good.

    Every method raises sqlite3.Error where the file cannot be used.
    """

    def __init__(self, folder: Path, *, max_age: float) -> None:
        self._path = folder / FILE
        self._max_age = max_age
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def claim(self, stamp: Stamp, *, now: float) -> Claim:
        """Take the stamp for one webhook; then `use` it, or `release` it."""
        with self._writing() as db:
            oldest = now - self._max_age - KEPT_LONGER
            db.execute("delete from stamps where signed_at < ?", (oldest,))
            found = db.execute(
                "select claimed_at from stamps where text = ?", (stamp.text,)
            ).fetchone()
            if found is not None:
                (claimed_at,) = found
                if claimed_at is None:
                    return Claim.USED
                if abs(now - claimed_at) < LEASE:
                    return Claim.BUSY
            number = db.execute(
                "insert into stamps (text, signed_at, claimed_at) values (?, ?, ?)"
                " on conflict (text) do update set claimed_at = excluded.claimed_at"
                " returning number",
                (stamp.text, stamp.signed_at, now),
            ).fetchone()[0]
            db.execute("delete from stamps where number <= ?", (number - MAX_STAMPS,))
        return Claim.TAKEN

    def use(self, stamp: Stamp) -> None:
        """Remember that the stamp has been used."""
        with self._writing() as db:
            db.execute(
                "update stamps set claimed_at = null where text = ?", (stamp.text,)
            )

    def release(self, stamp: Stamp) -> None:
        """Let the same stamp be claimed again."""
        with self._writing() as db:
            db.execute("delete from stamps where text = ?", (stamp.text,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._forget()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _begin(self._path)
                self._connection.execute("begin immediate")
                with self._connection:
                    yield self._connection
            except sqlite3.Error:
                # The next one opens it anew: whatever was wrong may be mended by then.
                self._forget()
                raise

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def prepare(folder: Path) -> None:
    """Make the file ready before several processes use it; raise OSError.

    One that is damaged is thrown away: what is good for one use only is then good for
    one more, which is less harm than to take no webhook at all.
    """
    path = folder / FILE
    try:
        _check(path)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        log.warning("tokens.rebuilt", reason=str(error))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        _check(path)


def _check(path: Path) -> None:
    connection = _begin(path)
    try:
        verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict[:200])
    finally:
        connection.close()


def _begin(path: Path) -> sqlite3.Connection:
    """Open the file, made where there is none: at the start its disk may be full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    connection = _open(path)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    # A lost power costs the last of them; that the process ends costs none.
    connection.execute("pragma synchronous = normal")
    return connection
