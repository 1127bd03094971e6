"""Publish and know: `publish` returns once the broker has confirmed, else raises.

One thread owns the connection; any thread may publish. Publishes are pipelined: each
caller waits for its own confirm, none for another's.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field

import pika
from pika import spec
from pika.channel import Channel
from pika.frame import Method

from shared import logs
from shared.amqp.message import Message
from shared.amqp.thread import BrokerThread
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
MAX_OUTSTANDING = 1_000
#: What is under way at the end may take this long, in seconds.
DRAIN_DEADLINE = 2.0
DRAIN_POLL = 0.02


@dataclass(slots=True)
class _Pending:
    message: Message
    properties: pika.BasicProperties
    confirmed: Future[None] = field(default_factory=Future)

    def fail(self, error: NotPublished) -> None:
        if not self.confirmed.done():
            self.confirmed.set_exception(error)


class Publisher:
    """A connection for publishing; make it after the fork, `start`, later `close`."""

    def __init__(self, url: str, *, name: str, topology: Topology = TOPOLOGY) -> None:
        self._thread = BrokerThread(
            url,
            name=name,
            topology=topology,
            on_ready=self._channel_ready,
            on_lost=self._channel_lost,
            on_ended=self._ended,
            on_blocked=self._block,
        )
        self._channel: Channel | None = None
        self._ready = threading.Event()
        self._blocked = False
        self._waiting: deque[_Pending] = deque()
        self._unconfirmed: dict[int, _Pending] = {}
        self._returned: Counter[str] = Counter()
        self._next_tag = 1

    @property
    def ready(self) -> bool:
        """Tell whether a publish would be sent at once."""
        return self._ready.is_set() and not self._blocked

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def publish(self, message: Message, *, timeout: float) -> None:
        """Return when the broker has the message safe; `timeout` is in seconds.

        Raises BrokerUnavailable, BrokerBlocked, Unroutable or Nacked where it is
        not, and ConfirmTimeout where nobody knows: publish again with the same id.
        Raises ValueError for a message that AMQP cannot carry.
        """
        if not self._ready.is_set():
            raise BrokerUnavailable("not connected to the broker")
        if self._blocked:
            raise BrokerBlocked("the broker takes no publishes for now")
        if len(self._unconfirmed) + len(self._waiting) >= MAX_OUTSTANDING:
            raise BrokerUnavailable("too many publishes wait for the broker")
        pending = _Pending(message, _properties(message))
        self._waiting.append(pending)
        self._thread.call(self._flush)
        try:
            pending.confirmed.result(timeout)
        except FutureTimeout:
            raise ConfirmTimeout(f"no confirm within {timeout} s") from None

    def close(self) -> None:
        """Wait for what is under way, then disconnect; at most a few seconds."""
        self._thread.call(self._drain)
        if not self._thread.join(DRAIN_DEADLINE):
            self._thread.close()

    # Below this line everything runs on the publisher's own thread.

    def _drain(self, deadline: float | None = None) -> None:
        self._ready.clear()
        deadline = deadline or time.monotonic() + DRAIN_DEADLINE / 2
        if self._unconfirmed and time.monotonic() < deadline:
            self._thread.call_later(DRAIN_POLL, lambda: self._drain(deadline))
        else:
            self._thread.link.close()

    def _ended(self) -> None:
        self._ready.clear()
        self._fail_all(BrokerUnavailable("the publisher is closed"))

    def _channel_ready(self, channel: Channel) -> None:
        self._channel = channel
        self._next_tag = 1
        channel.add_on_return_callback(self._message_returned)
        channel.confirm_delivery(
            self._message_settled, callback=lambda _: self._ready.set()
        )

    def _channel_lost(self, reason: str) -> None:
        self._ready.clear()
        self._channel = None
        self._blocked = False
        text = f"lost the broker before its confirm: {reason}"
        self._fail_all(BrokerUnavailable(text))

    def _block(self, blocked: bool) -> None:
        self._blocked = blocked
        log.warning("broker.blocked" if blocked else "broker.unblocked")

    def _flush(self) -> None:
        while self._waiting:
            pending = self._waiting.popleft()
            channel = self._channel
            if channel is None or not channel.is_open or not self._ready.is_set():
                pending.fail(BrokerUnavailable("not connected to the broker"))
                continue
            self._unconfirmed[self._next_tag] = pending
            self._next_tag += 1
            channel.basic_publish(
                exchange=pending.message.exchange,
                routing_key=pending.message.routing_key,
                body=pending.message.body,
                properties=pending.properties,
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
        self._returned[properties.message_id] += 1

    def _message_settled(self, frame: Method) -> None:
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        tags = [t for t in self._unconfirmed if t <= tag] if multiple else [tag]
        nacked = isinstance(frame.method, spec.Basic.Nack)
        settled = [self._unconfirmed.pop(each, None) for each in tags]
        if nacked:
            self._distrust_channel()
        for pending in filter(None, settled):
            self._settle(pending, nacked=nacked)

    def _settle(self, pending: _Pending, *, nacked: bool) -> None:
        message = pending.message
        if nacked:
            pending.fail(Nacked("the broker refused the message"))
        elif self._returned[message.message_id] > 0:
            self._returned[message.message_id] -= 1
            # Somebody deleted a queue: a new channel declares it again. First, so that
            # whoever hears of it does not find the old channel ready.
            self._distrust_channel()
            pending.fail(Unroutable(f"no queue is bound for {message.routing_key!r}"))
        elif not pending.confirmed.done():
            pending.confirmed.set_result(None)

    def _distrust_channel(self) -> None:
        self._ready.clear()
        self._thread.link.renew_channel()

    def _fail_all(self, error: NotPublished) -> None:
        while self._unconfirmed:
            self._unconfirmed.popitem()[1].fail(error)
        while self._waiting:
            self._waiting.popleft().fail(error)
        self._returned.clear()


def _properties(message: Message) -> pika.BasicProperties:
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=pika.DeliveryMode.Persistent.value,
        message_id=message.message_id,
        headers=dict(message.headers),
    )
    try:
        # Encoded here once for the check: on the publisher's thread a value that AMQP
        # cannot carry would break everybody's connection.
        properties.encode()
    except Exception as error:
        raise ValueError(f"AMQP cannot carry this message: {error}") from error
    return properties
