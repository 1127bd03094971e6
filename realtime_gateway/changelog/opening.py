"""Opening the change log, however long its disk cannot be used."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from realtime_gateway.changelog.log import ChangeLog
from shared import logs

log = logs.get(__name__)

#: Between two attempts, in seconds.
PAUSE = 1.0


async def opened(folder: Path) -> ChangeLog:
    """Return the change log in the folder, once it can be opened; cancel to give up.

    A full disk ends by itself, and whoever starts the gateway again meets the same one.
    """
    while True:
        try:
            return await asyncio.to_thread(ChangeLog, folder)
        except sqlite3.Error as error:
            log.error("changelog.not-opened", error=str(error)[:300])
            await asyncio.sleep(PAUSE)
