"""Read a stream on an asyncio loop, from a given offset, gap-free over reconnects.

Facts of streams over AMQP 0.9.1: a prefetch and acks are required; cancelling with
deliveries pending would nack them, which a stream answers by closing the connection,
so a reader only ever drops its channel. An offset beyond the end attaches and then
stays silent for ever: the caller must notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pika import spec
from pika.channel import Channel

from shared.amqp.link import Link
from shared.topology import TOPOLOGY, Topology

PREFETCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDelivery:
    """A message of the stream; `offset` is contiguous over the stream's whole life."""

    offset: int
    message_id: str
    body: bytes
    tag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """What a passive declare tells of a queue."""

    messages: int
    consumers: int


class StreamReader:
    """Deliver a stream's messages to `on_delivery`, again from `start_at()` each time.

    `on_attached` is called when a consumer is in place, `on_lost` when it is gone.
    All calls are made on the loop.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        stream: str,
        start_at: Callable[[], int | None],
        on_attached: Callable[[], None],
        on_delivery: Callable[[StreamDelivery], None],
        on_lost: Callable[[], None],
        topology: Topology = TOPOLOGY,
    ) -> None:
        self._stream = stream
        self._start_at = start_at
        self._on_attached = on_attached
        self._on_delivery = on_delivery
        self._on_lost = on_lost
        self._channel: Channel | None = None
        self._closed = asyncio.Event()
        self._link = Link.asyncio(
            url,
            name=name,
            topology=topology,
            loop=asyncio.get_running_loop(),
            on_ready=self._channel_ready,
            on_lost=self._channel_lost,
            on_closed=self._closed.set,
        )

    @property
    def connected(self) -> bool:
        """Tell whether there is a channel that works."""
        return self._channel is not None

    def open(self) -> None:
        """Begin to connect."""
        self._link.open()

    def restart(self) -> None:
        """Drop the consumer and attach anew at `start_at()`."""
        self._link.renew_channel()

    def ack_up_to(self, delivery: StreamDelivery) -> None:
        """Take in more: everything up to this delivery is done with."""
        if self._channel is not None and self._channel.is_open:
            self._channel.basic_ack(delivery.tag, multiple=True)

    async def counts(self, queue: str, *, timeout: float) -> QueueCounts | None:
        """Return what a queue holds and who consumes it, None when not connected."""
        channel = self._channel
        if channel is None or not channel.is_open:
            return None
        answer: asyncio.Future[QueueCounts] = asyncio.get_running_loop().create_future()

        def told(frame: object) -> None:
            method: spec.Queue.DeclareOk = frame.method  # type: ignore[attr-defined]
            if not answer.done():
                answer.set_result(
                    QueueCounts(
                        messages=method.message_count, consumers=method.consumer_count
                    )
                )

        channel.queue_declare(queue, passive=True, callback=told)
        try:
            return await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            return None

    async def close(self, *, timeout: float) -> None:
        """Disconnect; at most `timeout` seconds."""
        self._link.close()
        try:
            await asyncio.wait_for(self._closed.wait(), timeout)
        except TimeoutError:
            return

    def _channel_ready(self, channel: Channel) -> None:
        self._channel = channel
        start = self._start_at()
        arguments: dict[str, int | str] = {
            "x-stream-offset": "first" if start is None else start
        }
        channel.add_on_cancel_callback(lambda _: self._link.renew_channel())
        channel.basic_qos(
            prefetch_count=PREFETCH,
            callback=lambda _: channel.basic_consume(
                self._stream,
                self._deliver,
                arguments=arguments,
                callback=lambda _: self._on_attached(),
            ),
        )

    def _channel_lost(self, reason: str) -> None:
        self._channel = None
        self._on_lost()

    def _deliver(
        self,
        channel: Channel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        if channel is not self._channel:
            return
        headers = properties.headers or {}
        self._on_delivery(
            StreamDelivery(
                offset=int(headers["x-stream-offset"]),
                message_id=properties.message_id or "",
                body=body,
                tag=method.delivery_tag,
            )
        )
