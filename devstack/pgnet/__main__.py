"""Run the stand-in for pg_net and pg_cron on the database that PGNET_DSN names.

PGNET_CRON=0 leaves pg_cron out.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from devstack.pgnet.clock import run_jobs
from devstack.pgnet.schema import install
from devstack.pgnet.worker import work


async def serve(dsn: str, *, cron: bool) -> None:
    """Work until cancelled, or until one of the two fails."""
    async with asyncio.TaskGroup() as group:
        group.create_task(work(dsn))
        if cron:
            group.create_task(run_jobs(dsn))


def main() -> None:
    """Install, say `ready` on standard output, work until interrupted or killed."""
    dsn = os.environ.get("PGNET_DSN")
    if not dsn:
        sys.exit("PGNET_DSN: set the address of a database, as its superuser")
    cron = os.environ.get("PGNET_CRON", "1") != "0"
    install(dsn, cron=cron)
    print("ready", flush=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(dsn, cron=cron))


if __name__ == "__main__":
    main()
