"""Clients that keep a copy of the table: all of it once, then what follows it.

Each request is made at the next gateway: a snapshot begins at one and goes on at
another, and so do the pages of events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from tests.chaos.clients import DEADLINE, FOR_A_WHILE, Excuse, Listener
from tests.chaos.history import Listening, Table, Visit
from tests.chaos.streams import code_of, headers_of
from tests.chaos.world import Door

#: After so many seconds the table is read anew.
LIFETIME = 5.0
#: Rows and events of a page.
PAGE = 60

Answer = dict[str, Any]


class Mirror(Listener):
    """One that asks, and is never told by itself; `begun` counts its snapshots."""

    def __init__(
        self,
        doors: Sequence[Door],
        token: str,
        *,
        listening: Listening,
        is_excused: Excuse,
    ) -> None:
        super().__init__(doors, token, listening=listening, is_excused=is_excused)
        self.begun = 0
        self._rows: dict[str, Any] = {}
        self._unfinished: list[Answer] = []
        self._due = 0.0
        self._may_begin = True

    @property
    def table(self) -> Table:
        """Return its copy."""
        mine = self.listening
        return Table(
            reader=mine.name,
            owner=mine.owner,
            rows=self._rows,
            as_of=self.since,
            is_followed=True,
        )

    def begin_no_more(self) -> None:
        """Keep the copy that there is: what broke meanwhile must not show in it."""
        self._may_begin = False

    async def _visit(self, door: Door) -> int | None:
        is_due = self._may_begin and time.monotonic() > self._due
        if not self.begun or is_due or self._unfinished:
            return await self._begin(door)
        return await self._go_on(door)

    async def _begin(self, door: Door) -> int | None:
        """Read one more page of the table; with the last of them begin anew."""
        pages = self._unfinished
        cursor = {"cursor": pages[-1]["next"]} if pages else {}
        status, page = await self._ask(door, "/api/submissions", limit=PAGE, **cursor)
        if status != 200:
            if code_of(status) < FOR_A_WHILE:
                pages.clear()
            return code_of(status)
        pages.append(page)
        if page["next"] is None:
            self._rows = {row["id"]: row for each in pages for row in each["items"]}
            self._begin_after(door, page["as_of"])
            pages.clear()
        return None

    def _begin_after(self, door: Door, as_of: str | None) -> None:
        self.begun += 1
        self.since = as_of
        self._due = time.monotonic() + LIFETIME
        visit = Visit(gateway=door.name, since=None, recovered=False, after=as_of)
        self.listening.visits.append(visit)

    async def _go_on(self, door: Door) -> int | None:
        """Read one more page of events."""
        since = {"since": self.since} if self.since else {}
        status, page = await self._ask(door, "/api/events", limit=PAGE, **since)
        if status != 200:
            return code_of(status)
        if not page["recovered"]:
            self._lost(door, page["last_event_id"])
            return None
        for message in page["items"]:
            self.listening.visits[-1].told.append(message["id"])
            if message["type"] == "submission_update":
                self._change(message["data"])
        self.since = page["next"]
        return None if page["items"] else FOR_A_WHILE

    def _lost(self, door: Door, last: str | None) -> None:
        """Note that the gateway does not know where we were, and begin anew."""
        lost = Visit(gateway=door.name, since=self.since, recovered=False, after=last)
        self.listening.visits.append(lost)
        self.begun = 0

    def _change(self, update: Answer) -> None:
        name, new, rows = update["submission_id"], update["new_data"], self._rows
        if update.get("stale"):
            # Of an older state only what no newer one has told.
            if name in rows:
                rows[name] = new | rows[name]
        elif update["event"] == "DELETE":
            rows.pop(name, None)
        else:
            rows[name] = rows.get(name, {}) | new

    async def _ask(
        self, door: Door, path: str, **query: str | int
    ) -> tuple[int, Answer]:
        headers = headers_of(self._token)
        async with (
            asyncio.timeout(DEADLINE),
            aiohttp.ClientSession() as session,
            session.get(door.url + path, params=query, headers=headers) as answer,
        ):
            return answer.status, await answer.json() if answer.ok else {}
