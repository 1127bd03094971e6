"""pika's loop on gevent's: for programs whose threads are greenlets.

pika's own loop polls with what gevent has put in the place of `select`, which sets up
and takes down its watchers at each turn: more than all the rest of a publish. Here they
stay. What they see is done in the greenlet that runs the loop, since a callback of
gevent's hub must not wait for anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from pika.adapters.utils.selector_ioloop_adapter import AbstractSelectorIOLoop

Handler = Callable[[int, int], object]


class GreenletLoop(AbstractSelectorIOLoop):  # type: ignore[misc] # pika has no types
    """A loop for `pika.SelectConnection`; `start` it in a greenlet of its own."""

    # gevent's masks for its watchers; it tells of errors by these two.
    READ = 1
    WRITE = 2
    ERROR = 0

    def __init__(self) -> None:
        self._native: Any = gevent.get_hub().loop
        self._watched: dict[int, _Watched] = {}
        self._due: deque[Callable[[], object]] = deque()
        self._wake = Event()
        self._stopped = False

    def start(self) -> None:
        """Run until `stop`; what a callback raises ends it."""
        while not self._stopped:
            self._wake.wait()
            self._wake.clear()
            while self._due and not self._stopped:
                self._due.popleft()()

    def stop(self) -> None:
        """End `start`."""
        self._stopped = True
        self._wake.set()

    def close(self) -> None:
        """Let go of what is watched."""
        while self._watched:
            self._watched.popitem()[1].close()

    def add_callback(self, callback: Callable[[], object]) -> None:
        """Run the callback at the next turn."""
        self._due.append(callback)
        self._wake.set()

    #: All greenlets share one thread.
    add_callback_threadsafe = add_callback

    def call_later(self, delay: float, callback: Callable[[], object]) -> object:
        """Run the callback after `delay` seconds; return it for `remove_timeout`."""
        timer = self._native.timer(delay)

        def due() -> None:
            timer.close()
            self.add_callback(callback)

        timer.start(due)
        return timer

    def remove_timeout(self, timeout_handle: Any) -> None:
        """Forget a timer that has not run out."""
        timeout_handle.close()

    def add_handler(self, fd: int, handler: Handler, events: int) -> None:
        """Call `handler(fd, events)` whenever the descriptor is ready."""

        def ready(event: int) -> None:
            self.add_callback(lambda: self._call(watched, event))

        watched = _Watched(self._native, fd, handler, ready)
        self._watched[fd] = watched
        watched.watch(events)

    def update_handler(self, fd: int, events: int) -> None:
        """Watch for these events from now on."""
        self._watched[fd].watch(events)

    def remove_handler(self, fd: int) -> None:
        """Watch the descriptor no more."""
        self._watched.pop(fd).close()

    def _call(self, watched: _Watched, event: int) -> None:
        # It may have been let go since.
        if self._watched.get(watched.fd) is watched and watched.events & event:
            watched.handler(watched.fd, event)


class _Watched:
    """A descriptor, and one watcher for each direction."""

    def __init__(
        self, native: Any, fd: int, handler: Handler, ready: Callable[[int], None]
    ) -> None:
        self.fd = fd
        self.handler = handler
        self.events = 0
        self._ready = ready
        self._watchers = {
            event: native.io(fd, event)
            for event in (GreenletLoop.READ, GreenletLoop.WRITE)
        }

    def watch(self, events: int) -> None:
        for event, watcher in self._watchers.items():
            if events & event and not self.events & event:
                watcher.start(self._ready, event)
            elif self.events & event and not events & event:
                watcher.stop()
        self.events = events

    def close(self) -> None:
        self.events = 0
        for watcher in self._watchers.values():
            watcher.close()
