"""Put a sound file in the place of a damaged or missing one, with all that can be read.

Everything here is done under the spool's lock, by one process of the machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from ingest_service.spool import places, rows, salvage, schema
from ingest_service.spool.places import beside
from shared import logs, sqlite

log = logs.get(__name__)

T = TypeVar("T")

CARRIED = "insert or ignore into carried select ?1 where ?1 is not null"


def open_sound(path: Path, old: sqlite3.Connection | None = None) -> sqlite3.Connection:
    """Return a connection to the file at `path`, made or mended where need be.

    `old` is a connection to the file that was there before: what is in that one is
    brought into this one, and it is closed. Raises OSError, or sqlite3.Error where
    the file cannot be used just now.
    """
    finished = beside(path, ".rescued")
    if finished.exists():
        # Whoever made it was killed before it stood in its place.
        places.put_in_place(finished, path)
    try:
        connection = schema.open_existing(path)
    except FileNotFoundError:
        if beside(path, "-wal").exists():
            reason = "the file is gone, its journal is there"
            return renew(path, old, reason)
        connection = _begin(path)
    except sqlite3.Error as error:
        if not sqlite.is_damage(error):
            raise
        return renew(path, old, str(error))
    if old is not None:
        _carry_over(old, connection)
        old.close()
    return connection


def renew(
    path: Path, open_one: sqlite3.Connection | None, reason: str
) -> sqlite3.Connection:
    """Return a connection to a new file with what could be read of the damaged one.

    That one is kept beside it. `open_one` is a connection to it, if there is one:
    it sees what was deleted under it. It is closed. Raises as `open_sound`.
    """
    with salvage.copy_of(path) as copy:
        finished = _made_of(path, open_one, copy)
    if open_one is not None:
        open_one.close()
    kept = places.put_in_place(finished, path)
    connection = schema.open_existing(path)
    rescued, refused = connection.execute(
        "select depth, refused from totals"
    ).fetchone()
    log.error(
        "spool.damaged",
        reason=reason,
        rescued=rescued,
        refused=refused,
        kept=None if kept is None else kept.name,
        kept_in_all=len(places.damaged(path)),
    )
    return connection


def _carry_over(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Bring what is in a file that was deleted or replaced into the one at its place.

    Once, although each worker has the old one open. Raises sqlite3.Error.
    """
    old_id = salvage.file_id(old)
    asked = "select 1 from carried where file_id = ?"
    if old_id is None or new.execute(asked, [old_id]).fetchall():
        return
    with schema.transaction(new):
        messages, refused = _copy_rows([old], new)
        new.execute(CARRIED, [old_id])
    log.error("spool.replaced", rescued=messages, refused=refused)


def _begin(path: Path) -> sqlite3.Connection:
    new = beside(path, ".new")
    places.remove(new)
    _finish(schema.create(new))
    new.rename(path)
    places.sync_folder(path.parent)
    return schema.open_existing(path)


def _made_of(
    path: Path, open_one: sqlite3.Connection | None, copy: sqlite3.Connection
) -> Path:
    sources = [copy] if open_one is None else [open_one, copy]
    new, finished = beside(path, ".new"), beside(path, ".rescued")
    places.remove(new)
    above = max(salvage.last_given(source) for source in sources)
    connection = schema.create(new, numbers_above=above)
    try:
        with schema.transaction(connection):
            _copy_rows(sources, connection)
            if open_one is not None:
                # The copy alone may lack what others still see.
                connection.execute(CARRIED, [salvage.file_id(open_one)])
    except BaseException:
        connection.close()
        raise
    _finish(connection)
    new.rename(finished)
    places.sync_folder(path.parent)
    return finished


def _finish(connection: sqlite3.Connection) -> None:
    """Bring all into the one file, on the disk, and close it."""
    with closing(connection):
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()


def _copy_rows(
    sources: Sequence[sqlite3.Connection], new: sqlite3.Connection
) -> tuple[int, int]:
    depth = refused = size = 0
    for number in _numbers(sources, "messages"):
        kept = _first(salvage.message(source, number) for source in sources)
        if kept is not None:
            new.execute(rows.INSERT, rows.row_of(kept.message, kept.accepted_at))
            depth, size = depth + 1, size + len(kept.message.body)
    for number in _numbers(sources, "refused"):
        found = _first(salvage.refused(source, number) for source in sources)
        if found is not None:
            row = rows.row_of(found[0].message, found[0].accepted_at)
            new.execute(rows.INSERT_REFUSED, (*row, found[1]))
            refused, size = refused + 1, size + len(found[0].message.body)
    new.execute(rows.ADD_TO_TOTALS, [depth, refused, size])
    return depth, refused


def _numbers(sources: Sequence[sqlite3.Connection], table: str) -> list[int]:
    return sorted(set().union(*(salvage.numbers(each, table) for each in sources)))


def _first(found: Iterable[T | None]) -> T | None:
    return next((each for each in found if each is not None), None)
