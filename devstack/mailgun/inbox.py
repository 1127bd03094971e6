"""The mails that were taken, in SQLite; the oldest give way to the newest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MAX_MESSAGES = 10_000

Message = dict[str, Any]


class Inbox:
    """Messages as `/api/messages` shows them, in order of arrival."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "mailgun.sqlite3", timeout=5)
        self._db.executescript(
            "pragma journal_mode = wal; pragma synchronous = normal;"
            "create table if not exists messages"
            " (number integer primary key autoincrement, document text not null)"
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, message: Message) -> None:
        """Keep the message."""
        with self._db:
            cursor = self._db.execute(
                "insert into messages (document) values (?)", (json.dumps(message),)
            )
            oldest = (cursor.lastrowid or 0) - MAX_MESSAGES
            self._db.execute("delete from messages where number <= ?", (oldest,))

    def all(self) -> list[Message]:
        """Return every message, oldest first."""
        rows = self._db.execute("select document from messages order by number")
        return [json.loads(document) for (document,) in rows]

    def fields(self, names: Sequence[str]) -> list[Message]:
        """Return the named members of every message, oldest first."""
        columns = ", ".join("json_quote(json_extract(document, ?))" for _ in names)
        rows = self._db.execute(
            f"select {columns} from messages order by number",  # noqa: S608 # fixed
            [f'$."{name}"' for name in names],
        )
        return [dict(zip(names, map(json.loads, row), strict=True)) for row in rows]

    def count(self) -> int:
        """Return how many messages there are."""
        number: int = self._db.execute("select count(*) from messages").fetchone()[0]
        return number

    def numbered(self, limit: int) -> list[tuple[int, Message]]:
        """Return the newest messages with their numbers, newest first."""
        rows = self._db.execute(
            "select number, document from messages order by number desc limit ?",
            (limit,),
        )
        return [(number, json.loads(document)) for number, document in rows]

    def one(self, number: int) -> Message | None:
        """Return one message by its number."""
        row = self._db.execute(
            "select document from messages where number = ?", (number,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def clear(self) -> None:
        """Forget them all."""
        with self._db:
            self._db.execute("delete from messages")
