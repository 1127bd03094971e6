"""A look at the spool on the way of a request: quick, and never in a writer's way."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ingest_service.spool import places, schema


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What waits, and how it is with the file; `bytes` counts refused bodies too."""

    depth: int
    bytes: int
    oldest_age_seconds: float | None
    #: Messages that the broker can never take, put aside.
    refused: int
    fault: str | None
    #: Its bound of bytes or of age is reached.
    full: bool = False

    @property
    def takes_more(self) -> bool:
        """Tell whether a message would be taken now, as far as is known."""
        return self.fault is None and not self.full


class Glance:
    """A connection kept open for reading; for one thread, after the fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def is_empty(self) -> bool | None:
        """Tell whether no message waits, None where nobody can tell."""
        try:
            query = "select 1 from messages limit 1"
            return not self._current().execute(query).fetchall()
        except (sqlite3.Error, OSError):
            return None

    def state(self, now: float, fault: str | None) -> SpoolState:
        """Return what waits; `now` is Unix time."""
        try:
            connection = self._current()
            ((depth, size, refused),) = connection.execute(
                "select depth, bytes, refused from totals"
            ).fetchall()
            first = connection.execute(
                "select accepted_at from messages order by number limit 1"
            ).fetchall()
        except (sqlite3.Error, OSError, ValueError) as error:
            return SpoolState(0, 0, None, 0, fault or str(error))
        age = max(0.0, now - first[0][0]) if first else None
        return SpoolState(depth, size, age, refused, fault)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> sqlite3.Connection:
        file = places.file_identity(self._path)
        if self._connection is None or file != self._file:
            self.close()
            opened = schema.connect_for_reading(self._path)
            self._connection, self._file = opened, file
        return self._connection
