"""The tables `submissions` and `users`, logins, and the counter of changes, in SQLite.

A row is kept as one JSON document, since the columns are the project's to choose. All
calls are short and made from one loop; the file is local.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstack.supabase import jsonb, seed

Row = dict[str, Any]

#: Sign-ins that can be refreshed; the oldest end when there are more.
MAX_SESSIONS = 10_000

_SCHEMA = """
create table if not exists rows (
    table_name text not null, id text not null, document text not null,
    primary key (table_name, id)
);
create table if not exists logins (
    auth_id text primary key, email text not null unique,
    salt blob not null, digest blob not null
);
create table if not exists refresh_tokens (
    token text primary key, auth_id text not null, session_id text not null
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
    """A committed change of one row, `sequence` being its place among all."""

    table: str
    operation: str
    sequence: int
    record: Row | None
    old_record: Row | None


class Store:
    """The data of the stand-in; `on_change` hears of each row after its commit."""

    def __init__(self, folder: Path, on_change: Callable[[Change], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "supabase.sqlite3", timeout=5)
        self._db.executescript("pragma journal_mode = wal;" + _SCHEMA)
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

    def insert(self, table: str, given: list[Row]) -> list[Row]:
        """Insert rows, defaults filled in; sqlite3.IntegrityError on a known id."""
        made = [_filled(table, row) for row in given]
        return self._commit(table, [(None, row) for row in made])

    def update(self, table: str, ids: list[str], values: Row) -> list[Row]:
        """Set the values in the rows with these ids and return them as they are now."""
        pairs: list[tuple[Row | None, Row | None]] = []
        for old in self.rows(table, ids):
            new = old | values | {"id": old["id"]}
            if table == "submissions":
                new["updated_at"] = _now()
            pairs.append((old, new))
        return self._commit(table, pairs)

    def delete(self, table: str, ids: list[str]) -> list[Row]:
        """Delete the rows with these ids and return them as they were."""
        return self._commit(table, [(old, None) for old in self.rows(table, ids)])

    def user_by_auth_id(self, auth_id: str) -> Row | None:
        """Return the auth user, which exists with or without a row in `users`."""
        found = self._db.execute(
            "select auth_id, email from logins where auth_id = ?", (auth_id,)
        ).fetchone()
        return {"id": found[0], "email": found[1]} if found else None

    def check_password(self, email: str, password: str) -> str | None:
        """Return the auth id when the password is right."""
        found = self._db.execute(
            "select auth_id, salt, digest from logins where email = ?",
            (email.strip().lower(),),
        ).fetchone()
        if not found:
            return None
        auth_id, salt, digest = found
        right = secrets.compare_digest(_digest(password, salt), digest)
        return str(auth_id) if right else None

    def new_refresh_token(self, auth_id: str, session_id: str) -> str:
        """Return a fresh token that `spend_refresh_token` takes once."""
        token = secrets.token_urlsafe(16)
        with self._db:
            newest = self._db.execute(
                "insert into refresh_tokens values (?, ?, ?)",
                (token, auth_id, session_id),
            ).lastrowid
            self._db.execute(
                "delete from refresh_tokens where rowid <= ?",
                ((newest or 0) - MAX_SESSIONS,),
            )
        return token

    def spend_refresh_token(self, token: str) -> tuple[str, str] | None:
        """Return auth id and session id, and take the token out of use."""
        with self._db:
            found = self._db.execute(
                "delete from refresh_tokens where token = ?"
                " returning auth_id, session_id",
                (token,),
            ).fetchone()
        return (found[0], found[1]) if found else None

    def end_sessions(self, auth_id: str) -> None:
        """Take all refresh tokens of a user out of use."""
        with self._db:
            self._db.execute("delete from refresh_tokens where auth_id = ?", (auth_id,))

    def _commit(
        self, table: str, pairs: list[tuple[Row | None, Row | None]]
    ) -> list[Row]:
        changes = []
        with self._db:
            for old, new in pairs:
                self._write(table, old, new)
                changes.append(self._change(table, old, new))
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

    def _change(self, table: str, old: Row | None, new: Row | None) -> Change:
        cursor = self._db.execute("insert into changes default values")
        # The counter outlives its rows.
        self._db.execute("delete from changes")
        operation = "INSERT" if old is None else "DELETE" if new is None else "UPDATE"
        return Change(table, operation, cursor.lastrowid or 0, new, old)

    def _seed(self) -> None:
        with self._db:
            for user in seed.USERS:
                self._write("users", None, user)
                self._add_login(user["authid"], user["email"], seed.PASSWORD)
            for row in seed.submissions():
                self._write("submissions", None, row)

    def _add_login(self, auth_id: str, email: str, password: str) -> None:
        salt = secrets.token_bytes(16)
        with suppress(sqlite3.IntegrityError):
            self._db.execute(
                "insert into logins values (?, ?, ?, ?)",
                (auth_id, email, salt, _digest(password, salt)),
            )


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


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
