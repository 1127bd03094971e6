"""The tables `submissions` and `users`, and the counter of changes, in SQLite.

A row is kept as one JSON document, since the columns are the project's to choose. All
calls are short and made from one loop; the file is local.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstack.supabase import jsonb, seed
from devstack.supabase.accounts import Accounts

Row = dict[str, Any]

_SCHEMA = """
create table if not exists rows (
    table_name text not null, id text not null, document text not null,
    primary key (table_name, id)
);
create table if not exists changes (sequence integer primary key autoincrement);
"""

_NEW_SUBMISSION: Row = {
    "title": None,
    "userid": None,
    "genre": None,
    "bpm": None,
    "key": None,
    "files": [],
    "description": None,
    "status": "pending",
    "rating": None,
    "feedback": None,
}
_NEW_USER: Row = {"authid": None, "name": None, "email": None, "is_admin": False}


@dataclass(frozen=True, slots=True)
class Change:
    """A committed change of one row, `sequence` being its place among all.

    `user_id` is the auth id of who made it, None for a key that is no user's.
    """

    table: str
    operation: str
    sequence: int
    record: Row | None
    old_record: Row | None
    user_id: str | None = None


class Store:
    """The data of the stand-in; `on_change` hears of each row after its commit."""

    def __init__(self, folder: Path, on_change: Callable[[Change], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "supabase.sqlite3", timeout=5)
        self._db.executescript("pragma journal_mode = wal;" + _SCHEMA)
        self.accounts = Accounts(self._db)
        self._on_change = on_change
        if not self.rows("users"):
            self._seed()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, table: str, ids: list[str] | None = None) -> list[Row]:
        """Return the rows of a table, or those with these ids, oldest first."""
        found = self._db.execute(
            "select document from rows where table_name = ?1"
            " and (?2 is null or id in (select value from json_each(?2)))"
            " order by rowid",
            (table, None if ids is None else json.dumps(ids)),
        )
        return [json.loads(document) for (document,) in found]

    def insert(
        self, table: str, given: list[Row], *, by: str | None = None
    ) -> list[Row]:
        """Insert rows, defaults filled in; sqlite3.IntegrityError on a known id."""
        made = [_filled(table, row) for row in given]
        return self._commit(table, [(None, row) for row in made], by)

    def update(
        self, table: str, ids: list[str], values: Row, *, by: str | None = None
    ) -> list[Row]:
        """Set the values in the rows with these ids and return them as they are now."""
        pairs: list[tuple[Row | None, Row | None]] = []
        for old in self.rows(table, ids):
            new = old | values | {"id": old["id"]}
            if table == "submissions":
                new["updated_at"] = _now()
            pairs.append((old, new))
        return self._commit(table, pairs, by)

    def delete(self, table: str, ids: list[str], *, by: str | None = None) -> list[Row]:
        """Delete the rows with these ids and return them as they were."""
        return self._commit(table, [(old, None) for old in self.rows(table, ids)], by)

    def _commit(
        self, table: str, pairs: list[tuple[Row | None, Row | None]], by: str | None
    ) -> list[Row]:
        changes = []
        with self._db:
            for old, new in pairs:
                self._write(table, old, new)
                changes.append(self._change(table, old, new, by))
        for change in changes:
            self._on_change(change)
        return [new or old or {} for old, new in pairs]

    def _write(self, table: str, old: Row | None, new: Row | None) -> None:
        if new is None and old is not None:
            self._db.execute(
                "delete from rows where table_name = ? and id = ?", (table, old["id"])
            )
        elif old is None and new is not None:
            self._db.execute(
                "insert into rows values (?, ?, ?)", (table, new["id"], _text(new))
            )
        elif new is not None:
            self._db.execute(
                "update rows set document = ? where table_name = ? and id = ?",
                (_text(new), table, new["id"]),
            )

    def _change(
        self, table: str, old: Row | None, new: Row | None, by: str | None
    ) -> Change:
        cursor = self._db.execute("insert into changes default values")
        # The counter outlives its rows.
        self._db.execute("delete from changes")
        operation = "INSERT" if old is None else "DELETE" if new is None else "UPDATE"
        return Change(table, operation, cursor.lastrowid or 0, new, old, by)

    def _seed(self) -> None:
        # The rows last: they are the sign that all is there.
        for user in seed.USERS:
            self.accounts.add(user["authid"], user["email"], seed.PASSWORD)
        with self._db:
            for user in seed.USERS:
                self._write("users", None, user)
            for row in seed.submissions():
                self._write("submissions", None, row)


def _filled(table: str, row: Row) -> Row:
    fresh = {"id": str(uuid.uuid4())}
    if table == "users":
        return fresh | _NEW_USER | row
    now = _now()
    return fresh | _NEW_SUBMISSION | {"submitted_at": now, "updated_at": now} | row


def _now() -> str:
    return jsonb.timestamp(datetime.now(UTC))


def _text(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
