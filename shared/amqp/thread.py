"""A link that runs on a thread of its own, for programs without an event loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from shared import logs
from shared.amqp.link import Link, Loop
from shared.topology import Topology

log = logs.get(__name__)

#: A broker that does not answer our goodbye is left without it, in seconds.
GOODBYE_DEADLINE = 1.5
#: A loop that failed is replaced after so many seconds.
FAILED_PAUSE = 1.0


class ThreadLoop(Loop, Protocol):
    """What is asked of the loop that a thread runs."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def add_callback_threadsafe(self, callback: Callable[[], object], /) -> None: ...


class BrokerThread:
    """Keep a link up in the background; its callbacks run on this thread.

    `on_ended` is called at the end, whatever brought it about. Where something on the
    thread fails, all begins anew: what was asked of it by then may not be done.
    `make_loop` takes the place of pika's own loop where threads are something else
    (`greenlets.py`).
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        topology: Topology,
        on_ready: Callable[[Channel], None],
        on_lost: Callable[[str], None],
        on_ended: Callable[[], None],
        on_blocked: Callable[[bool], None] = lambda blocked: None,
        make_loop: Callable[[], ThreadLoop] = IOLoop,
    ) -> None:
        self._new_loop = make_loop
        self._on_lost = on_lost
        self._on_ended = on_ended
        self._link_on = partial(
            Link.threaded,
            url,
            name=name,
            topology=topology,
            on_ready=on_ready,
            on_lost=on_lost,
            on_blocked=on_blocked,
        )
        self._make_loop()
        # A daemon: a broker that never answers must not keep the process.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def call(self, callback: Callable[[], object]) -> None:
        """Run `callback` on the thread, soon; any thread may ask."""
        self._loop.add_callback_threadsafe(callback)

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        """Run `callback` after `delay` seconds; only the thread itself may ask."""
        self._loop.call_later(delay, callback)

    def close(self, *, after: float = 0.0) -> None:
        """Disconnect and wait for the end, at most `after` seconds and a goodbye."""
        if self._thread.is_alive():
            self.call(self.link.close)
            self._thread.join(after + GOODBYE_DEADLINE)

    def join(self, timeout: float) -> bool:
        """Wait for the end, at most `timeout` seconds; tell whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _make_loop(self) -> None:
        loop = self._new_loop()
        self.link = self._link_on(loop=loop, on_closed=loop.stop)
        self._loop: ThreadLoop = loop

    def _run(self) -> None:
        try:
            while not self._has_ended():
                self._on_lost("the thread failed")
                self._replace_loop()
        finally:
            self._on_ended()
            self._loop.close()

    def _has_ended(self) -> bool:
        """Run the loop; tell whether it came to the end that was asked for."""
        try:
            self.link.open()
            self._loop.start()
        except Exception as error:  # nobody else would tell of it
            log.error("broker.thread-failed", exc_info=error)
            return False
        return True

    def _replace_loop(self) -> None:
        # pika lets errors through, such as that there is no descriptor for a socket,
        # and its connection is of no use afterwards.
        failed = self._loop
        while self._loop is failed:
            time.sleep(FAILED_PAUSE)
            with suppress(OSError):
                self._make_loop()
        with suppress(AssertionError):  # it counts as running where it could not start
            failed.close()
