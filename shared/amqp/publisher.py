"""Publish and know: `publish` returns once the broker has confirmed, else raises.

One thread owns the connection; any thread may publish. Publishes are pipelined: each
caller waits for its own confirm, none for another's.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field

import pika
from pika import spec
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Method

from shared import logs
from shared.amqp.link import Link
from shared.amqp.message import Message
from shared.errors import (
    BrokerBlocked,
    BrokerUnavailable,
    ConfirmTimeout,
    Nacked,
    NotPublished,
    Unroutable,
)
from shared.events import CONTENT_TYPE
from shared.topology import TOPOLOGY, Topology

log = logs.get(__name__)

#: Publishes that may wait at once; more is a broker that does not answer.
MAX_OUTSTANDING = 10_000
CLOSE_DEADLINE = 5.0


@dataclass(slots=True)
class _Pending:
    message: Message
    confirmed: Future[None] = field(default_factory=Future)

    def fail(self, error: NotPublished) -> None:
        if not self.confirmed.done():
            self.confirmed.set_exception(error)


class Publisher:
    """A connection for publishing; make it after the fork, `start`, later `close`."""

    def __init__(self, url: str, *, name: str, topology: Topology = TOPOLOGY) -> None:
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
        self._ready = threading.Event()
        self._blocked = False
        self._waiting: deque[_Pending] = deque()
        self._unconfirmed: dict[int, _Pending] = {}
        self._returned: set[str] = set()
        self._next_tag = 1

    @property
    def ready(self) -> bool:
        """Tell whether a publish would be sent at once."""
        return self._ready.is_set() and not self._blocked

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until the broker is there, at most `timeout` seconds."""
        return self._ready.wait(timeout)

    def publish(self, message: Message, *, timeout: float) -> None:
        """Return when the broker has the message safe; `timeout` is in seconds.

        Raises BrokerUnavailable, BrokerBlocked, Unroutable or Nacked where it is
        not, and ConfirmTimeout where nobody knows: publish again with the same id.
        """
        if not self._ready.is_set():
            raise BrokerUnavailable("not connected to the broker")
        if self._blocked:
            raise BrokerBlocked("the broker takes no publishes for now")
        if len(self._unconfirmed) + len(self._waiting) >= MAX_OUTSTANDING:
            raise BrokerUnavailable("too many publishes wait for the broker")
        pending = _Pending(message)
        self._waiting.append(pending)
        self._loop.add_callback_threadsafe(self._flush)
        try:
            pending.confirmed.result(timeout)
        except FutureTimeout:
            raise ConfirmTimeout(f"no confirm within {timeout} s") from None

    def close(self) -> None:
        """Wait for what is under way, then disconnect; at most a few seconds."""
        if not self._thread.is_alive():
            return
        self._loop.add_callback_threadsafe(lambda: self._drain(CLOSE_DEADLINE))
        self._thread.join(CLOSE_DEADLINE * 2)

    # Below this line everything runs on the publisher's own thread.

    def _run(self) -> None:
        self._link.open()
        self._loop.start()
        self._fail_all(BrokerUnavailable("the publisher is closed"))
        self._loop.close()

    def _drain(self, left: float) -> None:
        if (self._unconfirmed or self._waiting) and left > 0 and self._channel:
            self._loop.call_later(0.05, lambda: self._drain(left - 0.05))
        else:
            self._link.close()

    def _channel_ready(self, channel: Channel) -> None:
        self._channel = channel
        self._next_tag = 1
        self._blocked = False
        connection = self._link.connection
        connection.add_on_connection_blocked_callback(lambda *_: self._block(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(False))
        channel.add_on_return_callback(self._message_returned)
        channel.confirm_delivery(
            self._message_settled, callback=lambda _: self._ready.set()
        )

    def _channel_lost(self, reason: str) -> None:
        self._ready.clear()
        self._channel = None
        self._fail_all(
            BrokerUnavailable(f"lost the broker before its confirm: {reason}")
        )

    def _block(self, blocked: bool) -> None:
        self._blocked = blocked
        log.warning("broker.blocked" if blocked else "broker.unblocked")

    def _flush(self) -> None:
        while self._waiting:
            pending = self._waiting.popleft()
            if self._channel is None or not self._ready.is_set():
                pending.fail(BrokerUnavailable("not connected to the broker"))
                continue
            self._unconfirmed[self._next_tag] = pending
            self._next_tag += 1
            self._channel.basic_publish(
                exchange=pending.message.exchange,
                routing_key=pending.message.routing_key,
                body=pending.message.body,
                properties=_properties(pending.message),
                mandatory=True,
            )

    def _message_returned(
        self,
        channel: Channel,
        method: spec.Basic.Return,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        # basic.return comes before the confirm of the same message.
        self._returned.add(properties.message_id)

    def _message_settled(self, frame: Method) -> None:
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        tags = [t for t in self._unconfirmed if t <= tag] if multiple else [tag]
        nacked = isinstance(frame.method, spec.Basic.Nack)
        for each in tags:
            pending = self._unconfirmed.pop(each, None)
            if pending is not None:
                self._settle(pending, nacked=nacked)
        if nacked:
            self._ready.clear()
            self._link.renew_channel()

    def _settle(self, pending: _Pending, *, nacked: bool) -> None:
        message = pending.message
        if nacked:
            pending.fail(Nacked("the broker refused the message"))
        elif message.message_id in self._returned:
            self._returned.discard(message.message_id)
            pending.fail(Unroutable(f"no queue is bound for {message.routing_key!r}"))
        elif not pending.confirmed.done():
            pending.confirmed.set_result(None)

    def _fail_all(self, error: NotPublished) -> None:
        for pending in [*self._unconfirmed.values(), *self._waiting]:
            pending.fail(error)
        self._unconfirmed.clear()
        self._waiting.clear()
        self._returned.clear()


def _properties(message: Message) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=pika.DeliveryMode.Persistent.value,
        message_id=message.message_id,
        headers=dict(message.headers),
    )
