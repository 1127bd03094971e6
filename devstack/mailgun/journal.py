"""What happened to the mails, in SQLite: Mailgun's log of events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from devstack.mailgun.happenings import Happening
from devstack.mailgun.lookup import Page, Query

MAX_EVENTS = 50_000

_SCHEMA = """
pragma journal_mode = wal; pragma synchronous = normal;
create table if not exists events (
    number integer primary key autoincrement,
    moment real not null,
    event text not null,
    recipient text not null,
    message_id text not null,
    document text not null
);
create index if not exists events_by_message on events (message_id);
create index if not exists events_by_moment on events (moment);
"""


class Journal:
    """Happenings by what is asked of them; the oldest give way to the newest."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "events.sqlite3", timeout=5)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, happenings: Sequence[Happening]) -> None:
        """Keep what happened."""
        with self._db:
            self._db.executemany(
                "insert into events (moment, event, recipient, message_id, document)"
                " values (?, ?, ?, ?, ?)",
                [
                    (
                        each["timestamp"],
                        each["event"],
                        each["recipient"],
                        each["message"]["headers"]["message-id"],
                        json.dumps(each),
                    )
                    for each in happenings
                ],
            )
            self._db.execute(
                "delete from events where number <="
                " (select max(number) from events) - ?",
                (MAX_EVENTS,),
            )

    def page(self, query: Query, *, until: float) -> Page:
        """Return what fits the query; nothing later than `until`, Unix time."""
        where = " and ".join(("moment <= ?", *query.conditions))
        values = (until, *query.values)
        order = "asc" if query.ascending else "desc"
        (total,) = self._db.execute(
            f"select count(*) from events where {where}",  # noqa: S608 # fixed words
            values,
        ).fetchone()
        rows = self._db.execute(
            f"select document from events where {where}"  # noqa: S608 # fixed words
            f" order by moment {order}, number {order} limit ? offset ?",
            (*values, query.limit, query.offset),
        )
        return Page(items=[json.loads(document) for (document,) in rows], total=total)

    def clear(self) -> None:
        """Forget it all."""
        with self._db:
            self._db.execute("delete from events")
