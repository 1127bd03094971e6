"""Many requests that wait at once are written together: one write to the disk."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field

from ingest_service.spool import rows
from ingest_service.spool.errors import NotSpooled, SpoolUnwritable
from ingest_service.spool.file import SpoolFile
from ingest_service.spool.threads import outside
from shared import logs
from shared.amqp.message import Message

log = logs.get(__name__)

#: Messages in one write; those that came meanwhile are in the next.
BATCH = 500
#: Messages that may wait at once; more is a disk that does not keep up.
MAX_WAITING = 2_000


@dataclass(slots=True)
class _Waiting:
    message: Message
    stored: Future[None] = field(default_factory=Future)


class SpoolWriter:
    """A thread that writes for all requests; `start` it after the fork."""

    def __init__(self, spool: SpoolFile) -> None:
        self._spool = spool
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._run, name="spool-writer", daemon=True
        )

    def start(self) -> None:
        """Begin to write what is added."""
        self._thread.start()

    def add(self, message: Message, timeout: float) -> None:
        """Return when the message is on the disk; `timeout` is in seconds.

        Raises SpoolFull and SpoolUnwritable where it is not; when the time is over it
        may be all the same, so that its sender's next attempt is a duplicate. Raises
        ValueError for text that no encoding has.
        """
        # Made here once for the check: the row must not break everybody's write.
        rows.row_of(message, 0)
        if self.waiting >= MAX_WAITING:
            raise SpoolUnwritable("too many events wait for the disk")
        waiting = _Waiting(message)
        self._waiting.put(waiting)
        try:
            waiting.stored.result(timeout)
        except FutureTimeout:
            waiting.stored.cancel()
            raise SpoolUnwritable(f"not on the disk within {timeout} s") from None

    @property
    def waiting(self) -> int:
        """Return how many messages wait for their turn."""
        return self._waiting.qsize()

    def close(self, timeout: float) -> None:
        """Write what waits, and end within `timeout` seconds."""
        self._waiting.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        ending = False
        while not ending:
            taken = [self._waiting.get()]
            while len(taken) < BATCH and not self._waiting.empty():
                taken.append(self._waiting.get())
            ending = None in taken
            # Whoever has given up meanwhile was told that nothing is stored.
            batch = [
                each
                for each in taken
                if each is not None and each.stored.set_running_or_notify_cancel()
            ]
            if batch:
                self._settle(batch, self._store([each.message for each in batch]))

    def _store(self, messages: Sequence[Message]) -> NotSpooled | None:
        try:
            outside(lambda: self._spool.append(messages, time.time()))
        except NotSpooled as error:
            return error
        except Exception as error:  # ours, but nobody may wait for it in vain
            log.error("spool.failed", exc_info=error)
            return SpoolUnwritable("an error on our side")
        return None

    def _settle(self, batch: Sequence[_Waiting], error: NotSpooled | None) -> None:
        for each in batch:
            if error is None:
                each.stored.set_result(None)
            else:
                each.stored.set_exception(error)
