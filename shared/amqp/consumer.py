"""Take deliveries from a queue and ack them from any thread.

One thread owns the connection and keeps its heartbeats, however long a delivery is
worked on elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pika import spec
from pika.channel import Channel

from shared.amqp import frames
from shared.amqp.message import Delivery
from shared.amqp.thread import BrokerThread
from shared.topology import TOPOLOGY, Topology


class Consumer:
    """Consume `queue`; `on_delivery` is called on the consumer's thread: hand over.

    At most `prefetch` deliveries are not acked at a time; `take` changes that. What is
    not acked when the connection ends is delivered again by the broker.
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
        self._thread = BrokerThread(
            url,
            name=name,
            topology=topology,
            on_ready=self._channel_ready,
            on_lost=self._channel_lost,
            on_ended=lambda: self._channel_lost("ended"),
        )
        self._channel: Channel | None = None
        self._consumer_tag = ""
        self._generation = 0
        self._stopping = False
        #: Acks that go out together, at the thread's next turn.
        self._acks: list[Delivery] | None = None
        self._acks_lock = threading.Lock()

    @property
    def consuming(self) -> bool:
        """Tell whether deliveries are coming (or would, if there were any)."""
        return self.connected and self._prefetch > 0

    @property
    def connected(self) -> bool:
        """Tell whether there is a channel to the broker."""
        return self._channel is not None and not self._stopping

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def ack(self, delivery: Delivery) -> None:
        """Tell the broker that the delivery is done with.

        Nothing happens when its channel is gone: the broker delivers it again.
        """
        with self._acks_lock:
            if self._acks is not None:
                self._acks.append(delivery)
                return
            acks = self._acks = [delivery]
        self._thread.call(lambda: self._ack(acks))

    def take(self, prefetch: int) -> None:
        """Have at most so many not acked from now on; 0: no further deliveries.

        What is in hand is still to be acked. Ask before acking where no other delivery
        shall come in place of the one that is acked.
        """
        # What is acked after it is not to go out before it.
        self._close_acks()
        self._thread.call(lambda: self._take(prefetch))

    def stop_taking(self) -> None:
        """Ask for no further deliveries, ever; those under way may still be acked."""
        self._thread.call(self._stop)

    def close(self) -> None:
        """Disconnect; the broker delivers again what was not acked."""
        self._thread.close()

    def _close_acks(self) -> None:
        with self._acks_lock:
            self._acks = None

    # Below this line everything runs on the consumer's own thread.

    def _channel_ready(self, channel: Channel) -> None:
        if self._stopping:
            return
        self._channel = channel
        self._generation += 1
        # What was asked of a thread that failed is not done.
        self._close_acks()
        channel.add_on_cancel_callback(lambda _: self._thread.link.renew_channel())
        self._consumer_tag = ""
        self._consume(channel)

    def _consume(self, channel: Channel) -> None:
        if self._prefetch:
            # It holds for the consumers that begin after it.
            channel.basic_qos(prefetch_count=self._prefetch)
            self._consumer_tag = channel.basic_consume(self._queue, self._deliver)

    def _channel_lost(self, reason: str) -> None:
        self._channel = None

    def _take(self, prefetch: int) -> None:
        self._prefetch = prefetch
        channel = self._channel
        if channel is None or not channel.is_open or self._stopping:
            return
        if self._consumer_tag:
            channel.basic_cancel(self._consumer_tag)
            self._consumer_tag = ""
        self._consume(channel)

    def _stop(self) -> None:
        self._take(0)
        self._stopping = True

    def _deliver(
        self,
        channel: Channel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        if channel is not self._channel:
            return
        self._on_delivery(
            Delivery(
                body=body,
                message_id=properties.message_id or "",
                headers=properties.headers or {},
                tag=method.delivery_tag,
                generation=self._generation,
            )
        )

    def _ack(self, acks: list[Delivery]) -> None:
        with self._acks_lock:
            if self._acks is acks:
                self._acks = None
        channel = self._channel
        if channel is None or not channel.is_open:
            return
        # A tag means another message on another channel.
        tags = [each.tag for each in acks if each.generation == self._generation]
        data = b"".join(frames.ack(channel.channel_number, tag) for tag in tags)
        if data:
            # Not part of pika's documented interface, which has no joined write.
            connection: Any = channel.connection
            connection._output_marshaled_frames([data])
