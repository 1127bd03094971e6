"""What pg_cron does: call each job at its pace, one run at a time, and write it down.

Of its schedules only the two kinds that we use: `N seconds`, and `* * * * *`.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import psycopg

#: How often the job table is looked at, in seconds.
LOOK = 0.2


def interval_of(schedule: str) -> float:
    """Return the seconds between two runs."""
    number, _, unit = schedule.partition(" ")
    return float(number) if unit.startswith("second") else 60.0


async def run_jobs(dsn: str) -> None:
    """Call the jobs until cancelled; without the cron schema, wait for one."""
    last: dict[int, float] = {}
    async with await psycopg.AsyncConnection.connect(
        dsn, autocommit=True
    ) as connection:
        while True:
            for job, schedule, command in await _jobs(connection):
                if time.monotonic() - last.get(job, 0.0) >= interval_of(schedule):
                    last[job] = time.monotonic()
                    await _run(connection, job, command)
            await asyncio.sleep(LOOK)


async def _jobs(connection: psycopg.AsyncConnection) -> list[tuple[int, str, str]]:
    try:
        found = await connection.execute(
            "select jobid, schedule, command from cron.job where active order by jobid"
        )
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return []
    return await found.fetchall()


async def _run(connection: psycopg.AsyncConnection, job: int, command: str) -> None:
    began = datetime.now(UTC)
    try:
        await connection.execute(command.encode())
        status, message = "succeeded", None
    except psycopg.errors.DatabaseError as error:
        status, message = "failed", str(error)
    await connection.execute(
        "insert into cron.job_run_details"
        " (jobid, command, status, return_message, start_time, end_time)"
        " values (%s, %s, %s, %s, %s, clock_timestamp())",
        (job, command, status, message, began),
    )
