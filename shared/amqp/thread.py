"""A link that runs on a thread of its own, for programs without an event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from shared import logs
from shared.amqp.link import Link, Loop
from shared.topology import Topology

log = logs.get(__name__)

#: A broker that does not answer our goodbye is left without it, in seconds.
GOODBYE_DEADLINE = 1.5


class ThreadLoop(Loop, Protocol):
    """What is asked of the loop that a thread runs."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def add_callback_threadsafe(self, callback: Callable[[], object], /) -> None: ...


class BrokerThread:
    """Keep a link up in the background; its callbacks run on this thread.

    `on_ended` is called at the end, whatever brought it about. `loop` takes the place
    of pika's own, where threads are something else (`greenlets.py`).
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
        loop: ThreadLoop | None = None,
    ) -> None:
        self._loop: ThreadLoop = loop or IOLoop()
        self._on_ended = on_ended
        self.link = Link.threaded(
            url,
            name=name,
            topology=topology,
            loop=self._loop,
            on_ready=on_ready,
            on_lost=on_lost,
            on_closed=self._loop.stop,
            on_blocked=on_blocked,
        )
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

    def _run(self) -> None:
        try:
            self.link.open()
            self._loop.start()
        except Exception as error:  # nobody else would tell of it
            log.error("broker.thread-failed", exc_info=error)
        finally:
            self._on_ended()
            self._loop.close()
