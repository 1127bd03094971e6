"""From the spool to the broker, in order, once the broker takes messages again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import SpoolFile
from ingest_service.spool.lock import FileLock
from ingest_service.spool.places import beside
from ingest_service.spool.rows import Spooled
from ingest_service.spool.threads import outside
from shared import logs
from shared.amqp.message import Message
from shared.errors import NotPublished

log = logs.get(__name__)

#: Messages that are published together: each time more, while the broker takes them.
#: What it does not take may be in the stream all the same, and is sent again.
BATCH, GROWTH = 500, 4
#: How long the broker may take to confirm them, in seconds.
PUBLISH_TIMEOUT = 10.0
#: Between two looks at an empty spool, in seconds.
POLL = 0.1
#: After a failure, in seconds; each further one doubles the pause. The file may be
#: asked often, but each message that the broker refuses can be one more copy.
FIRST_PAUSE, LAST_PAUSE, LAST_HOLD = 0.1, 2.0, 20.0


class PublishAll(Protocol):
    """Publish in order; one outcome for each message, None where it is confirmed.

    Raises ValueError where one of them can never be published.
    """

    def __call__(
        self, messages: Sequence[Message], *, timeout: float
    ) -> Sequence[NotPublished | None]: ...


class Drain:
    """A thread in each worker; only one of a machine publishes at a time."""

    def __init__(
        self,
        spool: SpoolFile,
        publish_all: PublishAll,
        ready: Callable[[], bool],
    ) -> None:
        self._spool = spool
        self._publish_all = publish_all
        self._ready = ready
        self._lock = FileLock(beside(spool.path, ".drain"))
        self._stopping = threading.Event()
        self._pause = FIRST_PAUSE
        self._thread = threading.Thread(
            target=self._run, name="spool-drain", daemon=True
        )

    def start(self) -> None:
        """Begin to publish what is in the spool; return at once."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End within `timeout` seconds; what is left is published after a restart."""
        self._stopping.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._turn()
            except (SpoolUnwritable, OSError):
                pause = self._pause_up_to(LAST_PAUSE)  # it has said what is wrong
            except Exception as error:  # ours; what is in the spool must go on
                log.error("spool.drain-failed", exc_info=error)
                pause = self._pause_up_to(LAST_HOLD)
            self._rest(pause)
        self._lock.close()

    def _turn(self) -> float:
        """Publish what there is; return how long to rest, in seconds."""
        if self._spool.fault is not None:
            outside(self._spool.open)
        if self._spool.is_empty():
            self._pause = FIRST_PAUSE
            return POLL
        if not self._ready() or not self._lock.take(0):
            return POLL
        try:
            done = self._publish_line()
        finally:
            self._lock.release()
        if not done:
            return self._pause_up_to(LAST_HOLD)
        self._pause = FIRST_PAUSE
        return POLL

    def _pause_up_to(self, longest: float) -> float:
        pause = min(self._pause, longest)
        self._pause = 2 * pause
        return pause

    def _publish_line(self) -> bool:
        """Publish to the end of the line; tell whether it was reached."""
        size = 1
        while not self._stopping.is_set():
            batch = outside(partial(self._spool.oldest, size))
            if not batch:
                return True
            if not self._publish(batch):
                return False
            size = min(GROWTH * size, BATCH)
        return True

    def _publish(self, batch: Sequence[Spooled]) -> bool:
        """Publish these and forget what is confirmed; tell whether all of it is."""
        messages = [each.message for each in batch]
        try:
            outcomes = self._publish_all(messages, timeout=PUBLISH_TIMEOUT)
        except ValueError as error:
            if len(batch) > 1:
                # One of them can never be published: it shows alone.
                return all(self._publish([each]) for each in batch)
            self._refuse(batch[0], str(error))
            return True
        pairs = list(zip(batch, outcomes, strict=True))
        self._forget([each.number for each, error in pairs if error is None])
        failures = [error for _, error in pairs if error is not None]
        if failures:
            log.warning("spool.held", reason=str(failures[0]), messages=len(failures))
        return not failures

    def _forget(self, numbers: Sequence[int]) -> None:
        """Take them out, however long the file resists: nobody else may publish them.

        After a stop they are published again, and their readers drop them.
        """
        while numbers and not self._stopping.is_set():
            try:
                outside(lambda: self._spool.remove(numbers))
            except SpoolUnwritable:
                self._rest(self._pause)
            else:
                return

    def _refuse(self, message: Spooled, reason: str) -> None:
        outside(lambda: self._spool.refuse(message, reason))
        log.error("spool.refused", event_id=message.message.message_id)

    def _rest(self, seconds: float) -> None:
        self._stopping.wait(seconds)
