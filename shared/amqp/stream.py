"""Read a stream on an asyncio loop, from a given offset, gap-free over reconnects.

Facts of streams over AMQP 0.9.1: a prefetch and acks are required; cancelling with
deliveries pending would nack them, which a stream answers by closing the connection,
so a reader only ever drops its channel. An offset beyond the end attaches and then
stays silent for ever: the caller must notice. Nobody tells where the end is, so a
second, short-lived consumer reads the last chunk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pika.exceptions
from pika import spec
from pika.channel import Channel

from shared import logs
from shared.amqp.link import Link
from shared.topology import TOPOLOGY, Topology

log = logs.get(__name__)

PREFETCH = 200
#: The last chunk has been read when nothing more has come for so long, in seconds; an
#: empty stream gives nothing at all.
CHUNK_QUIET, EMPTY_QUIET = 0.2, 1.0
#: When the end has not been found, in seconds.
LOOK_AGAIN = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDelivery:
    """A message of the stream.

    Offsets grow over the stream's whole life. Some are the broker's own (it begins each
    segment with an entry that nobody is sent), so a hole is no loss.
    """

    offset: int
    message_id: str
    body: bytes
    tag: int


class StreamReader:
    """Deliver a stream's messages to `on_delivery`, again from `start_at()` each time.

    `on_attached` is called when a consumer is in place, `on_end` with the offset of the
    last message that there was then (None: the stream is empty), `on_lost` when the
    consumer is gone. All calls are made on the loop.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        stream: str,
        start_at: Callable[[], int | None],
        on_attached: Callable[[], None],
        on_end: Callable[[int | None], None],
        on_delivery: Callable[[StreamDelivery], None],
        on_lost: Callable[[], None],
        topology: Topology = TOPOLOGY,
    ) -> None:
        self._stream = stream
        self._start_at = start_at
        self._on_attached = on_attached
        self._on_end = on_end
        self._on_delivery = on_delivery
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._channel: Channel | None = None
        self._closed = asyncio.Event()
        self.link = Link.asyncio(
            url,
            name=name,
            topology=topology,
            loop=self._loop,
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
        self.link.open()

    def restart(self) -> None:
        """Drop the consumer and attach anew at `start_at()`."""
        self.link.renew_channel()

    def look_for_end(self) -> None:
        """Have `on_end` called with where the stream ends now."""
        self._look_for_end(self._channel)

    def ack_up_to(self, delivery: StreamDelivery) -> None:
        """Take in more: everything up to this delivery is done with."""
        if self._channel is None or not self._channel.is_open:
            return
        try:
            self._channel.basic_ack(delivery.tag, multiple=True)
        except pika.exceptions.AMQPError as error:
            # The connection has just gone, and nobody has told us yet.
            log.debug("stream.not-acked", reason=type(error).__name__)

    async def close(self, *, timeout: float) -> None:
        """Disconnect; at most `timeout` seconds."""
        self.link.close()
        try:
            await asyncio.wait_for(self._closed.wait(), timeout)
        except TimeoutError:
            return

    def _channel_ready(self, channel: Channel) -> None:
        self._channel = channel
        start = self._start_at()
        channel.add_on_cancel_callback(lambda _: self.link.renew_channel())
        _consume(
            channel,
            self._stream,
            "first" if start is None else start,
            on_consuming=self._attached,
            on_delivery=lambda method, properties, body: self._deliver(
                channel, method, properties, body
            ),
        )

    def _attached(self) -> None:
        self._on_attached()
        self._look_for_end(self._channel)

    def _look_for_end(self, main: Channel | None) -> None:
        if main is None or self._channel is not main:
            return
        # Asked again where no answer comes: the side channel may be closed on us.
        again = self._loop.call_later(LOOK_AGAIN, self._look_for_end, main)

        def found(offset: int | None) -> None:
            again.cancel()
            if self._channel is main:
                self._on_end(offset)

        self.link.open_side_channel(
            lambda side: _EndOfStream(side, self._stream, self._loop, found).look()
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
        self._on_delivery(
            StreamDelivery(
                offset=_offset(properties),
                message_id=properties.message_id or "",
                body=body,
                tag=method.delivery_tag,
            )
        )


class _EndOfStream:
    """Read the last chunk on a channel of its own, tell its last offset, and go."""

    def __init__(
        self,
        channel: Channel,
        stream: str,
        loop: asyncio.AbstractEventLoop,
        on_found: Callable[[int | None], None],
    ) -> None:
        self._channel = channel
        self._stream = stream
        self._loop = loop
        self._on_found = on_found
        self._last: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        _consume(
            self._channel,
            self._stream,
            "last",
            on_consuming=lambda: self._wait(EMPTY_QUIET),
            on_delivery=self._deliver,
        )

    def _deliver(
        self, method: spec.Basic.Deliver, properties: spec.BasicProperties, body: bytes
    ) -> None:
        first = self._last is None
        self._last = _offset(properties)
        if self._channel.is_open:
            self._channel.basic_ack(method.delivery_tag)
        # From the first one on, so that a busy stream is not followed for ever.
        if first:
            self._wait(CHUNK_QUIET)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._finish)

    def _finish(self) -> None:
        if self._channel.is_open:
            self._channel.close()
        self._on_found(self._last)


def _consume(
    channel: Channel,
    stream: str,
    offset: int | str,
    *,
    on_consuming: Callable[[], None],
    on_delivery: Callable[[spec.Basic.Deliver, spec.BasicProperties, bytes], None],
) -> None:
    channel.basic_qos(
        prefetch_count=PREFETCH,
        callback=lambda _: channel.basic_consume(
            stream,
            lambda _, method, properties, body: on_delivery(method, properties, body),
            arguments={"x-stream-offset": offset},
            callback=lambda _: on_consuming(),
        ),
    )


def _offset(properties: spec.BasicProperties) -> int:
    return int((properties.headers or {})["x-stream-offset"])
