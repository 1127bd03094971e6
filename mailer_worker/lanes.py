"""Work side by side, except for what belongs together: a lane for each submission."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from shared import logs

log = logs.get(__name__)

Work = Callable[[], None]


class Lanes:
    """`count` threads for any number of lanes: what has the same key runs in order.

    No thread stands idle while any lane has work; the caller bounds how much is queued.
    """

    def __init__(self, count: int) -> None:
        self._lanes: dict[str, deque[Work]] = {}
        #: Lanes with work that nobody is at.
        self._ready: deque[str] = deque()
        self._at_work = 0
        self._ended = False
        self._changed = threading.Condition()
        for number in range(count):
            # Daemons: a peer that never answers must not keep the process.
            threading.Thread(
                target=self._serve, name=f"sender-{number}", daemon=True
            ).start()

    def submit(self, key: str, work: Work) -> None:
        """Queue the work on its lane."""
        with self._changed:
            lane = self._lanes.get(key)
            if lane is not None:
                lane.append(work)
                return
            self._lanes[key] = deque([work])
            self._ready.append(key)
            self._changed.notify()

    def finish(self, *, timeout: float) -> bool:
        """Begin nothing more, and wait `timeout` seconds at most for what is begun.

        Tells whether all of it ended.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            while self._at_work:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._ready and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                key = self._ready.popleft()
                work = self._lanes[key].popleft()
                self._at_work += 1
            try:
                work()
            except Exception as error:  # one piece of work, not the lane
                log.error("lane.failed", exc_info=error)
            finally:
                self._leave(key)

    def _leave(self, key: str) -> None:
        with self._changed:
            self._at_work -= 1
            if self._lanes[key]:
                self._ready.append(key)
            else:
                del self._lanes[key]
            self._changed.notify_all() if self._ended else self._changed.notify()
