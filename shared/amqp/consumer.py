"""Take deliveries from a queue and settle them from any thread.

One thread owns the connection and keeps its heartbeats, however long a delivery is
worked on elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pika import spec
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from shared.amqp.link import Link
from shared.amqp.message import Delivery
from shared.topology import TOPOLOGY, Topology

CLOSE_DEADLINE = 5.0


class Consumer:
    """Consume `queue`; `on_delivery` is called on the consumer's thread: hand over.

    At most `prefetch` deliveries are unsettled at a time. What is not settled when
    the connection ends is delivered again by the broker.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        queue: str,
        prefetch: int,
        on_delivery: Callable[[Delivery], None],
        topology: Topology = TOPOLOGY,
    ) -> None:
        self._queue = queue
        self._prefetch = prefetch
        self._on_delivery = on_delivery
        self._loop = IOLoop()
        self._link = Link.threaded(
            url,
            name=name,
            topology=topology,
            loop=self._loop,
            on_ready=self._channel_ready,
            on_lost=self._channel_lost,
            on_closed=self._loop.stop,
        )
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._channel: Channel | None = None
        self._consumer_tag = ""
        self._generation = 0
        self._paused = False

    @property
    def consuming(self) -> bool:
        """Tell whether deliveries are coming (or would, if there were any)."""
        return self._channel is not None

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def ack(self, delivery: Delivery) -> None:
        """Tell the broker that the delivery is done with."""
        self._on_its_channel(delivery, lambda channel, tag: channel.basic_ack(tag))

    def give_back(self, delivery: Delivery) -> None:
        """Hand the delivery back to the queue, to be delivered again."""
        self._on_its_channel(
            delivery, lambda channel, tag: channel.basic_reject(tag, requeue=True)
        )

    def stop_taking(self) -> None:
        """Ask for no further deliveries; those under way may still be settled."""
        self._loop.add_callback_threadsafe(self._cancel)

    def close(self) -> None:
        """Disconnect; the broker delivers again what was not settled."""
        if not self._thread.is_alive():
            return
        self._loop.add_callback_threadsafe(self._link.close)
        self._thread.join(CLOSE_DEADLINE)

    # Below this line everything runs on the consumer's own thread.

    def _run(self) -> None:
        self._link.open()
        self._loop.start()
        self._loop.close()

    def _channel_ready(self, channel: Channel) -> None:
        self._generation += 1
        if self._paused:
            return
        self._channel = channel
        channel.add_on_cancel_callback(lambda _: self._link.renew_channel())
        channel.basic_qos(prefetch_count=self._prefetch)
        self._consumer_tag = channel.basic_consume(self._queue, self._deliver)

    def _channel_lost(self, reason: str) -> None:
        self._channel = None

    def _cancel(self) -> None:
        self._paused = True
        if self._channel is not None and self._channel.is_open:
            self._channel.basic_cancel(self._consumer_tag)

    def _deliver(
        self,
        channel: Channel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        delivery = Delivery(
            body=body,
            message_id=properties.message_id or "",
            headers=properties.headers or {},
            redelivered=method.redelivered,
            tag=method.delivery_tag,
            channel_number=self._generation,
        )
        self._on_delivery(delivery)

    def _on_its_channel(
        self, delivery: Delivery, settle: Callable[[Channel, int], None]
    ) -> None:
        def run() -> None:
            channel = self._channel
            stale = delivery.channel_number != self._generation
            if channel is not None and channel.is_open and not stale:
                settle(channel, delivery.tag)

        self._loop.add_callback_threadsafe(run)
