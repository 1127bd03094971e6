"""Who changes rows: at given moments, one transaction each, in a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import psycopg

from bench.fanout.changes import MARK

#: Transactions that are under way at once, at the most.
CONNECTIONS = 16
BEGIN_AND_CHANGE = """
begin;
update public.submissions set feedback = %s, updated_at = now() where id = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Commit changes numbered from `first` on; answered by Written.

    `moments` are when, in seconds from now. Each is of another row, as long as there
    are so many.
    """

    dsn: str
    first: int
    moments: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """When it began, each was due and its COMMIT was sent; monotonic nanoseconds."""

    began: int
    due: Sequence[int]
    committed: Sequence[int]


@dataclass(frozen=True, slots=True)
class Leave:
    """Go."""


def run(orders: Connection) -> None:
    """Serve orders until Leave, or until whoever gives them is gone; a process."""
    with suppress(EOFError, KeyboardInterrupt):
        while isinstance(order := orders.recv(), Write):
            try:
                orders.send(asyncio.run(_write(order)))
            except (OSError, psycopg.Error) as error:
                orders.send(OSError(str(error)))
                return


async def _write(order: Write) -> Written:
    async with AsyncExitStack() as stack:
        free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            opened = await psycopg.AsyncConnection.connect(
                order.dsn, autocommit=True, cursor_factory=psycopg.AsyncClientCursor
            )
            free.put_nowait(await stack.enter_async_context(opened))
        first = await free.get()
        # By their random ids, so that neighbours do not lie in one page.
        found = await first.execute("select id from public.submissions order by id")
        rows = [row for (row,) in await found.fetchall()]
        free.put_nowait(first)
        return await _Writer(order, free, rows)()


class _Writer:
    def __init__(
        self,
        order: Write,
        free: asyncio.Queue[psycopg.AsyncConnection],
        rows: Sequence[object],
    ) -> None:
        self._order = order
        self._free = free
        self._rows = rows
        self._committed = [0] * len(order.moments)

    async def __call__(self) -> Written:
        began = time.monotonic_ns()
        due = [began + round(moment * 1e9) for moment in self._order.moments]
        async with asyncio.TaskGroup() as group:
            for place, at in enumerate(due):
                await asyncio.sleep((at - time.monotonic_ns()) / 1e9)
                connection = await self._free.get()
                group.create_task(self._change(connection, place))
        return Written(began=began, due=due, committed=self._committed)

    async def _change(self, connection: psycopg.AsyncConnection, place: int) -> None:
        number = self._order.first + place
        row = self._rows[number % len(self._rows)]
        mark = f"{MARK}{number:019d}{MARK}"
        await connection.execute(BEGIN_AND_CHANGE, (mark, row))
        self._committed[place] = time.monotonic_ns()
        await connection.execute("commit")
        self._free.put_nowait(connection)
