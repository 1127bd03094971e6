"""Rows that come, change and go, and the webhook of each of their changes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.history import Operation, Sent

STATUSES = ("pending", "in-review", "approved", "rejected")
#: Of what happens to a row: a status change, and its end. Else another column changes.
OF_STATUS, OF_END = 0.3, 0.01
#: Of changes, while there is room for more rows: one more comes.
OF_BIRTH = 0.3
#: Of rows: their status changes once, so that its mail is beyond question.
OF_CALM = 0.5
#: What the last part of a row's id begins with.
MARKS = {"push": "a", "bare": "b", "outbox": "c"}
#: How addresses begin: Mailgun tells of a mail to some that it was late, or read.
FATES = ("",) * 6 + ("delay-", "read-")

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A change and the body that tells of it."""

    sent: Sent
    payload: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class _Row:
    columns: Columns
    calm: bool
    sequence: int = 0
    decided: bool = False


class Rows:
    """Rows of one sender, `count` at a time; `name` is its way."""

    def __init__(
        self, name: str, dice: random.Random, *, count: int, artists: Sequence[str]
    ) -> None:
        self._name = name
        self._dice = dice
        self._count = count
        self._artists = artists
        self._rows: list[_Row] = []
        self._born = 0
        self._events = 0

    def next(self) -> Made:
        """Change some row, or begin one."""
        dice = self._dice
        is_room = len(self._rows) < self._count
        if not self._rows or (is_room and dice.random() < OF_BIRTH):
            return self._insert()
        row = dice.choice(self._rows)
        before, drawn = dict(row.columns), dice.random()
        if drawn < OF_END and not (row.calm and not row.decided):
            self._rows.remove(row)
            return self._made(row, "DELETE", before, None)
        if drawn < OF_END + OF_STATUS and not (row.calm and row.decided):
            others = [each for each in STATUSES if each != before["status"]]
            row.columns["status"] = dice.choice(others)
            row.decided = True
        else:
            row.columns["rating"] += 1
        return self._made(row, "UPDATE", before, dict(row.columns))

    def _insert(self) -> Made:
        self._born += 1
        name = f"{self._name}-{self._born}"
        row = _Row(
            columns={
                "id": self._id(),
                "userid": self._dice.choice(self._artists),
                "title": f"Track {self._born}",
                "status": "pending",
                "rating": 0,
                "feedback": None,
                "email": f"{self._dice.choice(FATES)}{name}@a.test",
                "locale": "en",
            },
            calm=self._dice.random() < OF_CALM,
        )
        self._rows.append(row)
        return self._made(row, "INSERT", None, dict(row.columns))

    def _id(self) -> str:
        """Return a uuid that says whose it is."""
        drawn, mark = self._dice.getrandbits(32), MARKS[self._name]
        return f"{drawn:08x}-0000-4000-8000-{mark}{self._born:011}"

    def _made(
        self, row: _Row, operation: Operation, old: Columns | None, new: Columns | None
    ) -> Made:
        row.sequence += 1
        self._events += 1
        payload = {"type": operation, "table": "submissions", "schema": "public"}
        return Made(
            Sent(
                id=f"msg_{self._name}_{self._events:06}",
                row=row.columns["id"],
                artist=row.columns["userid"],
                operation=operation,
                sequence=row.sequence,
                before=old and old["status"],
                after=new and new["status"],
                email=row.columns["email"],
                way=self._name,
                record=new,
            ),
            payload | {"record": new, "old_record": old},
        )
