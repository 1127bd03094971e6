"""A publish under way, and the thread that waits for its outcome."""

from __future__ import annotations

import threading

from shared.amqp import frames
from shared.amqp.message import Message
from shared.errors import ConfirmTimeout, NotPublished


class Pending:
    """A publish whose outcome is awaited by one thread.

    Raises ValueError for a message that AMQP cannot carry.
    """

    # A lock that is let go is the cheapest way to wake one thread.
    __slots__ = ("_settled", "error", "message", "properties")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.properties = frames.properties_of(message)
        self.error: NotPublished | None = None
        self._settled = threading.Lock()
        self._settled.acquire()

    def settle(self, error: NotPublished | None = None) -> None:
        """Tell the outcome; the first one counts."""
        if self._settled.locked():
            self.error = error
            self._settled.release()

    def outcome(self, timeout: float) -> NotPublished | None:
        """Wait for the outcome, at most `timeout` seconds."""
        if self._settled.acquire(timeout=max(timeout, 0.0)):
            return self.error
        return ConfirmTimeout("no confirm came in time")
