"""A publisher for a short piece of work: connected before it, closed after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.amqp.nodes import CONNECT_DEADLINE
from shared.amqp.publisher import Publisher
from shared.errors import BrokerUnavailable

READY_POLL = 0.02


@contextmanager
def opened(url: str, *, name: str) -> Iterator[Publisher]:
    """Yield a publisher that is ready; raise BrokerUnavailable where none gets so."""
    publisher = Publisher(url, name=name)
    publisher.start()
    try:
        deadline = time.monotonic() + CONNECT_DEADLINE
        while not publisher.ready:
            if time.monotonic() > deadline:
                raise BrokerUnavailable("the broker is away, or takes no publishes")
            time.sleep(READY_POLL)
        yield publisher
    finally:
        publisher.close()
