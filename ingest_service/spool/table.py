"""What the spool does to its table: plain SQL, inside the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from ingest_service.spool import rows
from ingest_service.spool.rows import Spooled
from shared.sqlite import Damaged

#: What `oldest` returns ends behind the message that exceeds so many bytes.
BATCH_BYTES = 8 * 1024 * 1024
#: An empty file gives its pages back from this size on.
SPARE_PAGES = 256


def held(connection: sqlite3.Connection) -> tuple[int, float | None]:
    """Return the bytes of all bodies, and when the oldest message was accepted."""
    ((used,),) = connection.execute("select bytes from totals").fetchall()
    first = connection.execute(
        "select accepted_at from messages order by number limit 1"
    ).fetchall()
    return used, first[0][0] if first else None


def oldest(connection: sqlite3.Connection, limit: int) -> list[Spooled]:
    """Return what has waited longest, in order; Damaged where it cannot be."""
    found: list[Spooled] = []
    size = 0
    for row in connection.execute(f"{rows.SELECT} order by number limit ?", [limit]):
        kept = rows.spooled(*row)
        if kept is None:
            raise Damaged(f"message {row[0]} is not as it was written")
        found.append(kept)
        size += len(kept.message.body)
        if size > BATCH_BYTES:
            break
    return found


def delete(connection: sqlite3.Connection, numbers: Sequence[int]) -> tuple[int, int]:
    """Delete messages; return how many there were, and the bytes of their bodies."""
    wanted = json.dumps(list(numbers))
    those = "from messages where number in (select value from json_each(?))"
    ((count, size),) = connection.execute(
        f"select count(*), coalesce(sum(length(body)), 0) {those}", [wanted]
    ).fetchall()
    connection.execute(f"delete {those}", [wanted])  # ours
    return count, size


def give_pages_back(connection: sqlite3.Connection) -> None:
    """Shorten the file where nothing waits: there is next to nothing to write then."""
    ((depth,),) = connection.execute("select depth from totals").fetchall()
    ((pages,),) = connection.execute("pragma page_count").fetchall()
    if depth == 0 and pages > SPARE_PAGES:
        # With a full disk it stays long; its pages serve the next messages.
        with suppress(sqlite3.OperationalError):
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
