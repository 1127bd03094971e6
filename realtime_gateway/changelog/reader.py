"""Reading the change log beside its writer, off the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from realtime_gateway.changelog import schema
from realtime_gateway.changelog.entries import Stored
from shared import events
from shared.errors import MeloTechError
from shared.events import ACCESS_REVOKED

READERS = 2
#: A page of a replay holds so many events, or a little more than so many bytes.
PAGE_EVENTS = 500
PAGE_BYTES = 1_048_576

T = TypeVar("T")


class HistoryPruned(MeloTechError):
    """Some of what was asked for is no longer kept: the rest would be a part."""


class _Mine(threading.local):
    """A thread's connection, and which of the files it was opened on."""

    connection: sqlite3.Connection | None = None
    generation = 0


class ChangeLogReader:
    """Run queries on threads that keep a read-only connection each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(READERS, "changelog-reader")
        self._mine = _Mine()
        self._generation = 0
        self._open: set[sqlite3.Connection] = set()

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the query returns; raises sqlite3.Error."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, query)

    def renew(self) -> None:
        """Open the file anew: another one stands at its path."""
        self._generation += 1

    def close(self) -> None:
        """Wait for the queries under way and close all connections."""
        self._threads.shutdown()
        for connection in self._open:
            connection.close()

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return query(self._connection())

    def _connection(self) -> sqlite3.Connection:
        mine, generation = self._mine, self._generation
        if mine.connection is not None and mine.generation == generation:
            return mine.connection
        if mine.connection is not None:
            self._open.discard(mine.connection)
            mine.connection.close()
        mine.connection = schema.connect_for_reading(self._path)
        mine.generation = generation
        self._open.add(mine.connection)
        return mine.connection


def position_of(connection: sqlite3.Connection, event_id: str) -> int | None:
    """Return the event's position, None when it is not (or no longer) known."""
    row = connection.execute(
        "select position from changes where event_id = ?", (event_id,)
    ).fetchone()
    return row[0] if row else None


def after(
    connection: sqlite3.Connection,
    position: int,
    *,
    artist_ids: Sequence[str] | None,
    limit: int = PAGE_EVENTS,
) -> list[Stored]:
    """Return events after `position`, oldest first: a page of them.

    All that admins see, or those of one artist under the ids given. Fewer than `limit`
    may come back although there are more: go on until the page is empty.
    Raises HistoryPruned, and Malformed where a stored body is none any more.
    """
    if artist_ids is None:
        where, values = "type <> ?", [ACCESS_REVOKED]
    else:
        where = f"artist_id in ({','.join('?' * len(artist_ids))})"
        values = list(artist_ids)
    rows = connection.execute(
        "select position, stale, body from changes"  # noqa: S608 # nosec B608 # marks only
        f" where position > ? and {where} order by position limit ?",
        (position, *values, limit),
    )
    page: list[Stored] = []
    size = 0
    for number, stale, body in rows:
        page.append(
            Stored(
                position=number,
                event=events.decode(body),
                stale=bool(stale),
                size=len(body),
            )
        )
        size += len(body)
        if size > PAGE_BYTES:
            break
    # Asked last: what is pruned while the page is read counts as well.
    oldest = connection.execute("select min(position) from changes").fetchone()[0]
    if oldest is not None and oldest > position + 1:
        raise HistoryPruned(f"the oldest event kept is {oldest}")
    return page
