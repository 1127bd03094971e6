"""How messages reach a server: over the broker, or straight into a baseline."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bench.fanout.changes import plain_message
from shared import events
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher
from shared.events import ChangeEvent

READY_DEADLINE, CONFIRM_DEADLINE = 30.0, 20.0
#: A publish waits for its confirm; so many may at once.
PUBLISHING_AT_ONCE = 32


class Bus:
    """Publish without waiting; `settle` raises what went wrong."""

    def publish(self, changes: Sequence[ChangeEvent]) -> None:
        """Send them off, all at once."""
        raise NotImplementedError

    def settle(self) -> None:
        """Wait until all that was published is safe."""

    def close(self) -> None:
        """Disconnect."""


class BrokerBus(Bus):
    """The exchange that ingest publishes to, by the same publisher."""

    def __init__(self, url: str) -> None:
        self._publisher = Publisher(url, name="bench")
        self._publisher.start()
        self._pool = ThreadPoolExecutor(PUBLISHING_AT_ONCE, "bench-publish")
        self._under_way: list[Future[None]] = []
        until = time.monotonic() + READY_DEADLINE
        while not self._publisher.ready:
            if time.monotonic() > until:
                raise TimeoutError(f"the broker did not open in {READY_DEADLINE} s")
            time.sleep(0.02)

    def publish(self, changes: Sequence[ChangeEvent]) -> None:
        """Hand them to the publisher."""
        self._under_way += [
            self._pool.submit(
                self._publisher.publish, Message.of(change), timeout=CONFIRM_DEADLINE
            )
            for change in changes
        ]

    def settle(self) -> None:
        """Wait for the confirms."""
        under_way, self._under_way = self._under_way, []
        for each in under_way:
            each.result()

    def close(self) -> None:
        """Disconnect."""
        self._pool.shutdown()
        self._publisher.close()


class LocalBus(Bus):
    """A baseline's local port: its messages, ready made, one a line."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), READY_DEADLINE)

    def publish(self, changes: Sequence[ChangeEvent]) -> None:
        """Write them in one piece."""
        lines = [plain_message(events.encode(change)) + "\n" for change in changes]
        self._socket.sendall("".join(lines).encode())

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()
