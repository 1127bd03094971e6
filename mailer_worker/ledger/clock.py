"""The ledger's clock: one for all who share the ledger, whatever their own clocks say.

PostgreSQL: its server's. SQLite: what has passed since this machine was started, which
nobody sets, and a row that says how far the time of day is ahead of it.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles

from mailer_worker.ledger.tables import mails

#: The name that SQLite knows `ticks` by.
TICKS = "ledger_ticks"
#: How far it may be from the time of day before it is put right, in milliseconds.
TOLERANCE = 1_000

#: Counts while the machine sleeps, too; on macOS the other one does.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
#: Since when the mails without an end have been as they are.
_SINCE = {"claimed": mails.c.claimed_at, "uncertain": mails.c.settled_at}

#: Not of the layout that both databases have: one row, in SQLite alone.
_of_sqlite = MetaData()
_clock = Table(
    "clock",
    _of_sqlite,
    Column("boot", Text, nullable=False),
    Column("ahead", BigInteger, nullable=False),
)


class _Now(ColumnElement[int]):
    """The moment at which the statement asks, in milliseconds since 1970."""

    type = BigInteger()
    inherit_cache = True


NOW = _Now()


@compiles(_Now, "postgresql")
def _now_on_postgresql(element: _Now, compiler: Any, **others: Any) -> str:
    # That of the transaction would be from before it waited for its locks.
    return "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"


@compiles(_Now, "sqlite")
def _now_on_sqlite(element: _Now, compiler: Any, **others: Any) -> str:
    return "(ledger_ticks() + (select ahead from clock))"


def elapsed() -> float:
    """Return the seconds of a clock of this machine that nobody sets."""
    return time.clock_gettime(_SINCE_BOOT)


def ticks() -> int:
    """Return the milliseconds that SQLite's clock counts on."""
    return int(elapsed() * 1000) if _boot() else _time_of_day()


def prepare(connection: Connection) -> None:
    """Have SQLite's clock tell the time of day, and keep the age of what has no end.

    Nobody knows for how long the machine was off: after that all waits begin anew.
    """
    _of_sqlite.create_all(connection)
    boot, ahead = _boot(), _time_of_day() - ticks()
    found = connection.execute(select(_clock)).first()
    is_running_on = found is not None and found.boot == boot
    if found is None:
        connection.execute(insert(_clock).values(boot=boot, ahead=ahead))
    elif is_running_on and abs(ahead - found.ahead) <= TOLERANCE:
        return
    else:
        connection.execute(update(_clock).values(boot=boot, ahead=ahead))
    for state, column in _SINCE.items():
        since = column + (ahead - found.ahead) if found and is_running_on else NOW
        query = update(mails).where(mails.c.state == state)
        connection.execute(query.values({column: since}))


@cache
def _boot() -> str:
    """Name the machine's run since its start; empty where the system does not."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def _time_of_day() -> int:
    return time.time_ns() // 1_000_000
