"""Ends a connection whose node has fallen silent, before pika would.

A node that hangs, or a network that swallows, ends no connection. The broker sends a
heartbeat twice in each interval; pika looks whether one came so rarely that it takes
20 to 40 s to notice with an interval of 15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import pika.exceptions

#: Between two looks, in seconds.
LOOK = 2.0
#: After so many looks without a byte the node is given up: two heartbeats are missing.
#: Looks and not seconds, since it may be us who did not run.
MOST_SILENT_LOOKS = 6


def abandon(connection: Any, reason: str) -> None:
    """End the connection without a goodbye; its end is told as every other one."""
    # Not part of pika's documented interface, whose own close waits for the other
    # side's answer.
    connection._terminate_stream(pika.exceptions.AMQPHeartbeatTimeout(reason))


class Timers(Protocol):
    """What is asked of a loop."""

    def call_later(self, delay: float, callback: Callable[[], Any], /) -> Any: ...


class Silence:
    """Watches one connection from its opening to its end."""

    def __init__(self, connection: Any, timers: Timers) -> None:
        self._connection = connection
        self._timers = timers
        self._received = connection.bytes_received
        self._silent_looks = 0

    def watch(self) -> None:
        """Look again and again until the connection ends."""
        self._timers.call_later(LOOK, self._look)

    def _look(self) -> None:
        connection = self._connection
        if connection.is_closed:
            return
        received = connection.bytes_received
        self._silent_looks = self._silent_looks + 1 if received == self._received else 0
        self._received = received
        if self._silent_looks < MOST_SILENT_LOOKS:
            self.watch()
        else:
            abandon(connection, "the node has fallen silent")
