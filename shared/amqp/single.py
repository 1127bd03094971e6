"""Publish a message now and then, on a channel that is opened for it alone."""

from __future__ import annotations

import asyncio

import pika
from pika import spec
from pika.channel import Channel
from pika.frame import Method

from shared.amqp.link import Link
from shared.amqp.message import Message
from shared.errors import BrokerUnavailable, ConfirmTimeout, Nacked
from shared.events import CONTENT_TYPE


async def publish_once(link: Link, message: Message, *, timeout: float) -> None:
    """Return when the broker has confirmed the message; raise NotPublished.

    The link's own channel is left alone, so that a refusal cannot close it.
    """
    once = _Once(message)
    link.open_side_channel(once.begin)
    try:
        await asyncio.wait_for(once.done, timeout)
    except TimeoutError:
        raise ConfirmTimeout(f"no confirm within {timeout:g} s") from None
    finally:
        once.close()


class _Once:
    """The steps of one publish: channel, confirm mode, publish, confirm."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._channel: Channel | None = None
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()

    def begin(self, channel: Channel) -> None:
        if self.done.done():
            channel.close()  # it came too late
            return
        self._channel = channel
        channel.add_on_close_callback(lambda *_: self._closed())
        channel.confirm_delivery(self._settle, callback=lambda _: self._publish())

    def close(self) -> None:
        if self._channel is not None and self._channel.is_open:
            self._channel.close()

    def _publish(self) -> None:
        if self._channel is None or self.done.done():
            return
        self._channel.basic_publish(
            self._message.exchange,
            self._message.routing_key,
            self._message.body,
            pika.BasicProperties(
                content_type=CONTENT_TYPE,
                delivery_mode=pika.DeliveryMode.Persistent.value,
                message_id=self._message.message_id,
            ),
        )

    def _settle(self, frame: Method) -> None:
        if self.done.done():
            return
        if isinstance(frame.method, spec.Basic.Ack):
            self.done.set_result(None)
        else:
            self.done.set_exception(Nacked("the broker did not take the message"))

    def _closed(self) -> None:
        if not self.done.done():
            self.done.set_exception(BrokerUnavailable("the channel was closed"))
