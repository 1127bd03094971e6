"""The change log's one writer thread, and its retention in between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from realtime_gateway.changelog.entries import Bookmark, Entry, Extent, Stored
from realtime_gateway.changelog.log import ChangeLog
from realtime_gateway.changelog.reader import ChangeLogReader
from shared import logs

log = logs.get(__name__)

#: Between two looks at age and size, in seconds.
PRUNE_INTERVAL = 10.0
#: Few enough that an event that arrives meanwhile waits some milliseconds at most.
PRUNE_BATCH = 500

T = TypeVar("T")


class Keeper:
    """Write on a thread of its own; forget what is too old or too much.

    `append`, `clear` and `renew` raise sqlite3.Error.
    """

    def __init__(
        self,
        changelog: ChangeLog,
        reader: ChangeLogReader,
        *,
        history: timedelta,
        max_bytes: int,
    ) -> None:
        self._changelog = changelog
        self._reader = reader
        self._history = history
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(1, "changelog-writer")
        self._pruning: asyncio.Task[None] | None = None
        #: As of the last look; None while the file cannot be looked at.
        self.extent: Extent | None = None

    def open(
        self,
        *,
        on_lost: Callable[[], None],
        on_error: Callable[[sqlite3.Error], None],
    ) -> None:
        """Begin to prune.

        `on_lost` is called when the file is no longer where it was, `on_error` when it
        cannot be pruned.
        """
        self._pruning = asyncio.create_task(self._prune_now_and_then(on_lost, on_error))

    async def close(self) -> None:
        """Finish what is being written, and close the file."""
        if self._pruning is not None:
            self._pruning.cancel()
        await self._run(self._changelog.close)
        await asyncio.to_thread(self._thread.shutdown)

    async def append(
        self, entries: Sequence[Entry], bookmark: Bookmark
    ) -> list[Stored]:
        """Store what is new; return it with its positions, in order."""
        return await self._run(lambda: self._changelog.append(entries, bookmark))

    async def clear(self) -> None:
        """Forget everything."""
        await self._run(self._changelog.clear)

    async def renew(self) -> None:
        """Begin a new file."""
        await self._run(self._changelog.renew)
        self._reader.renew()

    async def _prune_now_and_then(
        self, on_lost: Callable[[], None], on_error: Callable[[sqlite3.Error], None]
    ) -> None:
        while True:
            more = False
            try:
                if not await self._run(self._changelog.is_in_place):
                    on_lost()
                else:
                    more = await self._run(self._prune)
                    self.extent = await self._run(self._changelog.extent)
            except OSError as error:
                self.extent = None
                log.error("changelog.not-pruned", error=str(error))
            except sqlite3.Error as error:
                self.extent = None
                log.error("changelog.not-pruned", error=str(error))
                on_error(error)
            if not more:
                await asyncio.sleep(PRUNE_INTERVAL)

    def _prune(self) -> bool:
        before = datetime.now(UTC) - self._history
        return self._changelog.prune(
            before=before.isoformat(timespec="milliseconds"),
            max_bytes=self._max_bytes,
            at_most=PRUNE_BATCH,
        )

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
