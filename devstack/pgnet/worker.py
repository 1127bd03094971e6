"""What pg_net's background worker does with its queue.

Up to 200 committed requests at once; wait for all; write the answers; pause for a
second before the next batch. After a second of quiet a commit wakes it at once. From
0.18 on all of that is one transaction; before, requests leave the queue ahead of being
sent.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack.pgnet.wire import Connections, request_bytes

BATCH = 200
PAUSE = 1.0

Connection = psycopg.AsyncConnection[dict[str, Any]]

_TAKE = """
delete from net.http_request_queue where id in (
    select id from net.http_request_queue order by id limit %s)
returning id, url, headers, body, timeout_milliseconds
"""
_NOTE = """
insert into net._http_response
    (id, status_code, content_type, headers, content, timed_out, error_msg)
values (%(id)s, %(status)s, %(content_type)s, %(headers)s, %(content)s,
        %(timed_out)s, %(error)s)
"""


@dataclass(frozen=True, slots=True)
class Version:
    """pg_net's version as the database knows it."""

    text: str

    @property
    def atomic(self) -> bool:
        """Tell whether a request leaves the queue only together with its answer."""
        return tuple(int(n) for n in self.text.split(".")) >= (0, 18)


async def work(dsn: str) -> None:
    """Send what is queued until cancelled."""
    async with (
        await connect(dsn) as listener,
        await connect(dsn) as connection,
    ):
        await listener.execute("listen net_wake")
        connections = Connections()
        try:
            while True:
                if await send_batch(connection, connections):
                    await asyncio.sleep(PAUSE)
                else:
                    await _woken(listener)
        finally:
            connections.close()


async def connect(dsn: str) -> Connection:
    """Return a connection of the kind that the worker uses."""
    return await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, row_factory=dict_row
    )


async def _woken(listener: Connection) -> None:
    async for _ in listener.notifies(timeout=PAUSE, stop_after=1):
        return


async def send_batch(connection: Connection, connections: Connections) -> int:
    """Send what is queued, up to a batch, and note the answers; return how many."""
    version = await _version(connection)
    agent = f"pg_net/{version.text}"
    if not version.atomic:
        rows = await _take(connection)
        answers = await _send_all(rows, connections, agent)
        await _note(connection, answers)
        return len(rows)
    async with connection.transaction():
        rows = await _take(connection)
        await _note(connection, await _send_all(rows, connections, agent))
    return len(rows)


async def _version(connection: Connection) -> Version:
    found = await connection.execute(
        "select extversion from pg_extension where extname = 'pg_net'"
    )
    row = await found.fetchone()
    return Version(row["extversion"] if row else "0.20.4")


async def _take(connection: Connection) -> list[dict[str, Any]]:
    rows = await (await connection.execute(_TAKE, (BATCH,))).fetchall()
    return sorted(rows, key=lambda row: row["id"])


async def _note(connection: Connection, answers: list[dict[str, Any]]) -> None:
    if answers:
        async with connection.cursor() as cursor:
            await cursor.executemany(_NOTE, answers)


async def _send_all(
    rows: list[dict[str, Any]], connections: Connections, agent: str
) -> list[dict[str, Any]]:
    return await asyncio.gather(*(_send(row, connections, agent) for row in rows))


async def _send(
    row: dict[str, Any], connections: Connections, agent: str
) -> dict[str, Any]:
    note: dict[str, Any] = dict.fromkeys(
        ("status", "content_type", "headers", "content", "error")
    )
    note |= {"id": row["id"], "timed_out": False}
    headers = {name: str(value) for name, value in row["headers"].items()}
    request = request_bytes(row["url"], headers, row["body"], agent)
    milliseconds = row["timeout_milliseconds"]
    try:
        async with asyncio.timeout(milliseconds / 1000):
            answer = await connections.post(row["url"], request)
    except TimeoutError:
        return note | {
            "timed_out": True,
            "error": f"Timeout of {milliseconds} ms reached. Total time: "
            f"{milliseconds}.000000 ms",
        }
    except OSError:
        return note | {"error": "Couldn't connect to server"}
    except (EOFError, ValueError, asyncio.LimitOverrunError):
        return note | {"error": "Server returned nothing (no headers, no data)"}
    return note | {
        "status": answer.status,
        "content_type": answer.headers.get("content-type"),
        "headers": Jsonb(dict(answer.headers)),
        "content": answer.content.decode(errors="replace").replace("\0", ""),
    }
