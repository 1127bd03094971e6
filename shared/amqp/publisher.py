"""Publish and know: `publish` returns once the broker has confirmed, else raises.

One thread owns the connection; any thread may publish. Publishes are pipelined: the
waiting ones go out in one write, and each caller waits for its own confirm, none for
another's.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

from pika import spec
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Method

from shared import logs
from shared.amqp import frames
from shared.amqp.message import Message
from shared.amqp.pending import Pending
from shared.amqp.thread import BrokerThread, ThreadLoop
from shared.errors import (
    BrokerBlocked,
    BrokerUnavailable,
    ConfirmTimeout,
    Nacked,
    NotPublished,
    Unroutable,
)
from shared.topology import TOPOLOGY, Topology

log = logs.get(__name__)

#: Publishes that may wait at once; more is a broker that does not answer.
MAX_OUTSTANDING = 1_000
#: A node that confirms nothing for so long is left, or given a new channel where it is
#: the only one, in seconds.
STALL_DEADLINE = 5.0
#: What is under way at the end may take this long, in seconds.
DRAIN_DEADLINE = 2.0
DRAIN_POLL = 0.02


class Publisher:
    """A connection for publishing; make it after the fork, `start`, later `close`."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        topology: Topology = TOPOLOGY,
        make_loop: Callable[[], ThreadLoop] = IOLoop,
    ) -> None:
        self._thread = BrokerThread(
            url,
            name=name,
            topology=topology,
            on_ready=self._channel_ready,
            on_lost=self._channel_lost,
            on_ended=self._ended,
            on_blocked=self._block,
            make_loop=make_loop,
        )
        self._channel: Channel | None = None
        self._connected = threading.Event()
        self._blocked = False
        self._stalled = False
        self._stall: tuple[Channel | None, int] | None = None
        self._waiting: deque[Pending] = deque()
        self._unconfirmed: dict[int, Pending] = {}
        self._returned: Counter[str] = Counter()
        self._last_tag = 0
        self._confirms = 0
        self._flush_due = False

    @property
    def ready(self) -> bool:
        """Tell whether a publish would be sent at once, and confirmed soon."""
        return self._connected.is_set() and not self._blocked and not self._is_stalled()

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._thread.start()

    def publish(self, message: Message, *, timeout: float) -> None:
        """Return when the broker has the message safe; `timeout` is in seconds.

        Raises BrokerUnavailable, BrokerBlocked, Unroutable or Nacked where it is
        not, and ConfirmTimeout where nobody knows: publish again with the same id.
        Raises ValueError for a message that AMQP cannot carry.
        """
        error = self._refusal()
        if error is None:
            pending = Pending(message)
            self._send(pending)
            error = self._outcome(pending, timeout)
        if error is not None:
            raise error

    def publish_all(
        self, messages: Sequence[Message], *, timeout: float
    ) -> list[NotPublished | None]:
        """Publish in order, all under way at once; return what became of each.

        `timeout`, in seconds, is for all together. Raises ValueError, before any is
        sent, where AMQP cannot carry one of them.
        """
        pending = [Pending(message) for message in messages]
        deadline = time.monotonic() + timeout
        refusal: NotPublished | None = None
        for each in pending:
            # None goes past one that was not sent: they would change places.
            refusal = refusal or self._refusal()
            if refusal is None:
                self._send(each)
            else:
                each.settle(refusal)
        return [self._outcome(each, deadline - time.monotonic()) for each in pending]

    def close(self) -> None:
        """Wait for what is under way, then disconnect; at most a few seconds."""
        self._thread.call(self._drain)
        if not self._thread.join(DRAIN_DEADLINE):
            self._thread.close()

    def _refusal(self) -> NotPublished | None:
        """Return why nothing can be sent now."""
        if not self._connected.is_set():
            return BrokerUnavailable("not connected to the broker")
        if self._blocked:
            return BrokerBlocked("the broker takes no publishes for now")
        if self._is_stalled():
            return BrokerUnavailable("the broker has stopped to confirm")
        if len(self._unconfirmed) + len(self._waiting) >= MAX_OUTSTANDING:
            return BrokerUnavailable("too many publishes wait for the broker")
        return None

    def _is_stalled(self) -> bool:
        # With nothing under way there is no confirm to wait for.
        return self._stalled and bool(self._unconfirmed)

    def _send(self, pending: Pending) -> None:
        self._waiting.append(pending)
        if not self._flush_due:
            # Whoever comes before the thread does is taken along by it.
            self._flush_due = True
            self._thread.call(self._flush)

    def _outcome(self, pending: Pending, timeout: float) -> NotPublished | None:
        confirms = self._confirms
        error = pending.outcome(timeout)
        if isinstance(error, ConfirmTimeout) and confirms == self._confirms:
            # Nobody's confirm came meanwhile. The next ones need not find out for
            # themselves; the first confirm, or a new channel, ends it.
            self._stalled = True
            self._thread.call(self._mind_stall)
        return error

    # Below this line everything runs on the publisher's own thread.

    def _drain(self, deadline: float | None = None) -> None:
        self._connected.clear()
        deadline = deadline or time.monotonic() + DRAIN_DEADLINE / 2
        if self._unconfirmed and time.monotonic() < deadline:
            self._thread.call_later(DRAIN_POLL, lambda: self._drain(deadline))
        else:
            self._thread.link.close()

    def _ended(self) -> None:
        self._connected.clear()
        self._fail_all(BrokerUnavailable("the publisher is closed"))

    def _channel_ready(self, channel: Channel) -> None:
        self._channel = channel
        self._last_tag = 0
        self._stalled = False
        # What was due may have been lost with the thread's former loop.
        self._flush_due = False
        self._stall = None
        channel.add_on_return_callback(self._message_returned)
        channel.confirm_delivery(
            self._message_settled, callback=lambda _: self._connected.set()
        )

    def _channel_lost(self, reason: str) -> None:
        self._connected.clear()
        self._channel = None
        text = f"lost the broker before its confirm: {reason}"
        self._fail_all(BrokerUnavailable(text))

    def _block(self, blocked: bool) -> None:
        self._blocked = blocked
        log.warning("broker.blocked" if blocked else "broker.unblocked")
        if blocked:
            # What is under way would wait for the alarm's end; it may be stored then.
            self._fail_all(BrokerBlocked("the broker takes no publishes for now"))

    def _mind_stall(self) -> None:
        if self._stall is None:
            self._stall = (self._channel, self._confirms)
            self._thread.call_later(STALL_DEADLINE, self._end_stall)

    def _end_stall(self) -> None:
        began, self._stall = self._stall, None
        if began == (self._channel, self._confirms) and self._is_stalled():
            # A confirm that was lost never comes, however long one waits; and a node
            # that the others have given up sends heartbeats and confirms nothing.
            log.warning("broker.stalled", unconfirmed=len(self._unconfirmed))
            self._connected.clear()
            self._thread.link.leave_node()

    def _flush(self) -> None:
        self._flush_due = False
        channel = self._channel
        if channel is None or not channel.is_open or not self._connected.is_set():
            self._fail_waiting(BrokerUnavailable("not connected to the broker"))
            return
        connection: Any = channel.connection
        frame_max, number = connection.params.frame_max, channel.channel_number
        data: list[bytes] = []
        while self._waiting:
            pending = self._waiting.popleft()
            self._last_tag += 1
            self._unconfirmed[self._last_tag] = pending
            data += frames.publish(
                number, pending.message, pending.properties, frame_max=frame_max
            )
        if data:
            # Not part of pika's documented interface, which has no joined write.
            connection._output_marshaled_frames([b"".join(data)])

    def _message_returned(
        self,
        channel: Channel,
        method: spec.Basic.Return,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        # basic.return comes before the confirm of the same message.
        self._returned[properties.message_id or ""] += 1

    def _message_settled(self, frame: Method) -> None:
        tag = frame.method.delivery_tag
        tags = [tag]
        if frame.method.multiple:
            tags = list(takewhile(lambda each: each <= tag, self._unconfirmed))
        settled = [self._unconfirmed.pop(each, None) for each in tags]
        self._confirms += 1
        self._stalled = False
        nacked = isinstance(frame.method, spec.Basic.Nack)
        if nacked:
            self._distrust_channel()
        for pending in filter(None, settled):
            self._settle(pending, nacked=nacked)

    def _settle(self, pending: Pending, *, nacked: bool) -> None:
        message = pending.message
        if nacked:
            pending.settle(Nacked("the broker refused the message"))
        elif self._returned and self._returned[message.message_id] > 0:
            self._returned[message.message_id] -= 1
            # Somebody deleted a queue: a new channel declares it again. First, so that
            # whoever hears of it does not find the old channel ready.
            self._distrust_channel()
            pending.settle(Unroutable(f"no queue is bound for {message.routing_key!r}"))
        else:
            pending.settle()

    def _distrust_channel(self) -> None:
        self._connected.clear()
        self._thread.link.renew_channel()

    def _fail_all(self, error: NotPublished) -> None:
        while self._unconfirmed:
            self._unconfirmed.popitem()[1].settle(error)
        self._fail_waiting(error)
        self._returned.clear()

    def _fail_waiting(self, error: NotPublished) -> None:
        while self._waiting:
            self._waiting.popleft().settle(error)
