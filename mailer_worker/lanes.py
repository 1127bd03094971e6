"""Work side by side, except for what belongs together: one lane per submission."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import ParamSpec

from shared import logs

log = logs.get(__name__)

P = ParamSpec("P")


class Lanes:
    """`count` threads; work with the same key runs in the order it was given."""

    def __init__(self, count: int) -> None:
        self._lanes = [ThreadPoolExecutor(1, f"sender-{n}") for n in range(count)]
        self._running: set[Future[None]] = set()

    def submit(
        self, key: str, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Queue the work on its lane; the caller bounds how much is queued."""
        lane = self._lanes[zlib.crc32(key.encode()) % len(self._lanes)]
        future = lane.submit(work, *args, **kwargs)
        self._running.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[None]) -> None:
        self._running.discard(future)
        error = None if future.cancelled() else future.exception()
        if error is not None:
            log.error("lane.failed", exc_info=error)

    def finish(self, *, timeout: float) -> bool:
        """Wait for what is queued, at most `timeout` seconds; tell whether it ended."""
        late = wait(tuple(self._running), timeout).not_done
        for lane in self._lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        return not late
