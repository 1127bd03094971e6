"""What the endpoints answer from."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec
from aiohttp import web

from realtime_gateway.api.census import Census
from realtime_gateway.api.problems import unavailable
from realtime_gateway.api.table import SubmissionsTable
from realtime_gateway.changelog import reader
from realtime_gateway.changelog.reader import ChangeLogReader
from realtime_gateway.identity import UserDirectory
from realtime_gateway.unknown import Reads, look_for
from shared import logs
from shared.errors import Malformed, Misconfigured, Transient

log = logs.get(__name__)

#: How long a query may wait for its turn and take, in seconds.
DEADLINE = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The change log, the tables behind it, and how many are connected."""

    log: ChangeLogReader
    table: SubmissionsTable
    users: UserDirectory
    census: Census
    #: Whether the change log has been read up to the stream's end.
    is_ready: Callable[[], bool]
    feed: Reads

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the query returns; raise Problem where it cannot be had."""
        try:
            async with asyncio.timeout(DEADLINE):
                return await self.log.run(query)
        except TimeoutError:
            raise unavailable("the change log takes too long to answer") from None
        except (sqlite3.Error, Malformed) as error:
            log.error("changelog.unreadable", error=type(error).__name__)
            raise unavailable("the change log cannot be read") from None

    async def from_table(self, ask: Callable[[SubmissionsTable], Awaitable[T]]) -> T:
        """Return what the table says; raise Problem where it cannot be asked."""
        try:
            return await ask(self.table)
        except (Transient, Misconfigured) as error:
            log.warning("table.unavailable", error=str(error)[:200])
            raise unavailable("the table cannot be read just now") from None

    async def position_of(self, event_id: str) -> int | None:
        """Return where the event stands in this gateway's log, None: not (or no more).

        Raises Problem where this gateway may just not have read it yet.
        """
        query = partial(reader.position_of, event_id=event_id)
        try:
            async with asyncio.timeout(DEADLINE):
                return await look_for(partial(self.read, query), self.feed)
        except TimeoutError:
            raise unavailable("this gateway still reads the stream") from None


def answer(body: object) -> web.Response:
    """Return the answer; what it tells is the caller's alone, and of this moment."""
    return web.Response(
        body=msgspec.json.encode(body),
        content_type="application/json",
        charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )
