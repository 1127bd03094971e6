"""What the change log's tables say in figures: pure SQL and arithmetic.

Everything is of a window of minutes up to now, except the count by status. That and the
times to a review are of submissions that have changed since the log begins.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import msgspec

from realtime_gateway.api.census import Connections, name_of
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.snapshot import newest_event_id

#: The times of so many reviews are looked at, the newest of the window.
MAX_TIMES = 10_000
OUTCOMES = (
    "accepted",
    "failed",
    "skipped",
    "uncertain",
    "delivered",
    "delayed",
    "complained",
    "unsubscribed",
    "opened",
    "clicked",
)


class Minute(msgspec.Struct, frozen=True):
    """The changes that came in one minute."""

    minute: str
    changes: int


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took, for `count` submissions; null where there was none."""

    count: int
    median_seconds: float | None
    p90_seconds: float | None


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; artists are told nothing of mails and of other people."""

    as_of: str | None
    changes_per_minute: list[Minute]
    by_status: dict[str, int]
    time_to_first_review: Times
    time_to_decision: Times
    mails: dict[str, int] | msgspec.UnsetType
    connections: Connections | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """So many minutes up to the one of `now` (Unix time in seconds), that included."""

    now: float
    minutes: int

    @property
    def start(self) -> float:
        """Return the moment at which its first minute begins."""
        return (self.now // 60 - self.minutes + 1) * 60

    @property
    def names(self) -> list[str]:
        """Return its minutes, the oldest first."""
        return [name_of(self.start + 60 * n) for n in range(self.minutes)]


def stats_of(connection: sqlite3.Connection, scope: Scope, window: Window) -> Stats:
    """Return the figures of what is within the scope."""
    changes = _changes if scope.is_whole else _changes_of_artist
    counts = changes(connection, scope, window)
    return Stats(
        as_of=newest_event_id(connection),
        changes_per_minute=[
            Minute(name, counts.get(name.rstrip("Z"), 0)) for name in window.names
        ],
        by_status=_by_status(connection, scope),
        time_to_first_review=_times(connection, scope, window, "first_review_at"),
        time_to_decision=_times(connection, scope, window, "decided_at"),
        mails=_mails(connection, window) if scope.is_whole else msgspec.UNSET,
    )


def times_of(seconds: Sequence[float]) -> Times:
    """Return the middle of the times, and what nine of ten did not exceed."""
    if not seconds:
        return Times(count=0, median_seconds=None, p90_seconds=None)
    ordered = sorted(seconds)
    p90 = ordered[math.ceil(0.9 * len(ordered)) - 1]
    return Times(
        count=len(ordered),
        median_seconds=round(median(ordered), 3),
        p90_seconds=round(p90, 3),
    )


def _changes(
    connection: sqlite3.Connection, scope: Scope, window: Window
) -> dict[str, int]:
    return dict(
        connection.execute(
            "select minute, sum(count) from minutes where minute >= :minute"
            " and type like 'submission.%' group by minute",
            {"minute": name_of(window.start).rstrip("Z")},
        ).fetchall()
    )


def _changes_of_artist(
    connection: sqlite3.Connection, scope: Scope, window: Window
) -> dict[str, int]:
    """Count the artist's own events, from about where the window begins in the log."""
    start = name_of(window.start).rstrip("Z")
    first = connection.execute(
        "select position from changes where time >= ? order by time limit 1", (start,)
    ).fetchone()
    if first is None:
        return {}
    return dict(
        connection.execute(
            "select substr(time, 1, 16), count(*) from changes"  # noqa: S608 # nosec B608 # no values
            " where position >= :first and +time >= :start"
            f"{scope.where()} group by 1",
            {"first": first[0], "start": start, **scope.parameters},
        ).fetchall()
    )


def _by_status(connection: sqlite3.Connection, scope: Scope) -> dict[str, int]:
    return dict(
        connection.execute(
            "select status, count(*) from submissions"  # noqa: S608 # nosec B608 # no values
            f" where deleted = 0 and status is not null{scope.where()}"
            " group by status",
            scope.parameters,
        ).fetchall()
    )


def _times(
    connection: sqlite3.Connection,
    scope: Scope,
    window: Window,
    column: Literal["first_review_at", "decided_at"],
) -> Times:
    found = connection.execute(
        f"select max(0, {column} - submitted_at) from submissions"  # noqa: S608 # nosec B608 # no values
        f" where {column} >= :start and submitted_at is not null{scope.where()}"
        f" order by {column} desc limit :limit",
        {"start": window.start, "limit": MAX_TIMES, **scope.parameters},
    )
    return times_of([seconds for (seconds,) in found])


def _mails(connection: sqlite3.Connection, window: Window) -> dict[str, int]:
    found = connection.execute(
        "select substr(type, 7), sum(count) from minutes where minute >= :minute"
        " and type like 'email.%' group by type",
        {"minute": name_of(window.start).rstrip("Z")},
    )
    return dict.fromkeys(OUTCOMES, 0) | dict(found.fetchall())
