"""The broker as the bench sees it: declared once, emptied after each sample."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import pika

from shared.topology import MAILER_QUEUE, TOPOLOGY


class Bus:
    """Exchange, stream and queues of the project; ends with the `with` block."""

    def __init__(self, url: str) -> None:
        parameters = pika.URLParameters(url)
        # Between two samples nobody answers heartbeats.
        parameters.heartbeat = 0
        self._connection = pika.BlockingConnection(parameters)
        self._channel = self._connection.channel()
        self._channel.exchange_declare(TOPOLOGY.exchange, "topic", durable=True)
        for queue in TOPOLOGY.queues:
            self._channel.queue_declare(
                queue.name, durable=True, arguments=dict(queue.arguments)
            )
            for key in queue.routing_keys:
                self._channel.queue_bind(queue.name, TOPOLOGY.exchange, key)

    def empty(self) -> int:
        """Drop what waits for the mailer; return how much that was."""
        return int(self._channel.queue_purge(MAILER_QUEUE).method.message_count)

    def __enter__(self) -> Self:
        """Keep it open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._connection.close()
