"""The spool as the service uses it: the file, its writer and its drain as one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ingest_service.spool.drain import Drain, PublishAll
from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile
from ingest_service.spool.glance import SpoolState
from ingest_service.spool.threads import outside
from ingest_service.spool.writer import SpoolWriter
from shared.amqp.message import Message

FILE = "spool.sqlite3"
#: What is under way at the end may take this long, in seconds.
CLOSE_DEADLINE = 2.0


class Spool:
    """A worker's part in the spool of its machine; `start` it after the fork."""

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        *,
        publish_all: PublishAll,
        ready: Callable[[], bool],
    ) -> None:
        self._file = SpoolFile(folder / FILE, limits)
        self._writer = SpoolWriter(self._file)
        self._drain = Drain(self._file, publish_all, ready)

    def start(self) -> None:
        """Open the file, and begin to write and to drain; a fault is no reason to stop.

        The drain tries again to open what cannot be opened now.
        """
        with suppress(SpoolUnwritable):  # the file has said what is wrong with it
            outside(self._file.open)
        self._writer.start()
        self._drain.start()

    def is_empty(self) -> bool:
        """Tell whether nothing waits, so that a message may go past the spool."""
        return self._file.is_empty()

    def add(self, message: Message, *, timeout: float) -> None:
        """Return when the message is on the disk; `timeout` is in seconds.

        Raises SpoolFull and SpoolUnwritable where it is not.
        """
        self._writer.add(message, timeout)

    def state(self) -> SpoolState:
        """Return what waits, and how it is with the file."""
        return self._file.state(time.time())

    def stop_draining(self) -> None:
        """Publish no more; what is left is published after the next start."""
        self._drain.stop(CLOSE_DEADLINE)

    def close(self) -> None:
        """Write what waits to be written, and close the file."""
        self._writer.close(CLOSE_DEADLINE)
        outside(self._file.close)
