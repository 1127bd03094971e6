"""Read a queue by turning it: each message goes to its tail, to another queue, or away.

A quorum queue counts every return of a message, and drops it after some of them
(RabbitMQ 4: after 20, where nothing else is said). So none is returned: what stays is
published to the tail as it was, and acked once that is confirmed. Whatever ends the
tool in between, each message is there at least once.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pika
import pika.exceptions

from shared.amqp.counts import QueueCounts
from shared.amqp.message import Message
from shared.amqp.nodes import parameters_of, shuffled
from shared.amqp.opening import opened
from shared.amqp.publisher import Publisher
from shared.errors import BrokerUnavailable, NotPublished
from shared.topology import lock_of

#: Messages that are held, published and acked together.
BATCH = 100
#: What a batch may wait for: its deliveries, its confirms, in seconds. Both are shorter
#: than what the broker waits for a heartbeat, which is not answered meanwhile.
DELIVERY_DEADLINE = 10.0
CONFIRM_DEADLINE = 15.0

#: What the broker adds to a delivery, and what would route a copy elsewhere.
_NOT_CARRIED = frozenset({"x-delivery-count", "x-acquired-count", "CC", "BCC"})
_PERSISTENT = 2
_ACCESS_REFUSED, _NOT_FOUND, _RESOURCE_LOCKED = 403, 404, 405


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message of the queue, as it was found."""

    body: bytes
    message_id: str
    headers: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Keep:
    """It stays."""


@dataclass(frozen=True, slots=True)
class Remove:
    """It goes away for good."""


@dataclass(frozen=True, slots=True)
class MoveTo:
    """It goes to another queue, body and id as they are."""

    queue: str
    headers: Mapping[str, object]


Fate = Keep | Remove | MoveTo


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """How far a turn came: `done` is less than `total` where it was stopped."""

    done: int
    total: int


def rotate(
    url: str,
    queue: str,
    decide: Callable[[Letter], Fate],
    *,
    name: str,
    on_progress: Callable[[Turned], None] = lambda turned: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Turned:
    """Do with each message that the queue has now what `decide` says, in their order.

    What comes meanwhile is left alone. `stopped` is asked between batches. `name` is
    the connection's. Raises NotPublished and its kinds; what was not done by then is
    still in the queue, and something of what was done may be there once more.
    """
    with ExitStack() as stack:
        channel = stack.enter_context(_channel(url, queue, name))
        publisher = stack.enter_context(opened(url, name=f"{name}.publisher"))
        found = _counts(channel, queue)
        if found.consumers:
            # Not every broker refuses an exclusive consumer beside others.
            raise BrokerUnavailable(
                f"another tool is at work on {queue}: it consumes it"
            )
        turned = Turned(done=0, total=found.messages)
        while turned.done < turned.total and not stopped():
            wanted = min(BATCH, turned.total - turned.done)
            taken = _take(channel, queue, wanted)
            _publish(
                publisher, [_again(one, decide(one.letter), queue) for one in taken]
            )
            if taken:
                channel.basic_ack(taken[-1].tag, multiple=True)
            turned = Turned(done=turned.done + len(taken), total=turned.total)
            on_progress(turned)
            if len(taken) < wanted:
                _explain(channel, queue, turned)
                break
        return turned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    letter: Letter
    properties: Any
    tag: int


@contextmanager
def _channel(url: str, queue: str, name: str) -> Iterator[Any]:
    """Yield a channel that holds the lock of the queue's tools."""
    ways = [parameters_of(one, name=name) for one in shuffled(url)]
    for way in ways:
        way.blocked_connection_timeout = CONFIRM_DEADLINE
    connection = None
    try:
        connection = pika.BlockingConnection(ways)
        channel = connection.channel()
        # A queue of this connection alone, which the broker takes away with it. The
        # exclusive consumer is not there all the time.
        channel.queue_declare(lock_of(queue), exclusive=True, auto_delete=True)
        yield channel
    except (pika.exceptions.AMQPError, OSError) as error:
        raise BrokerUnavailable(_words(error, queue)) from error
    finally:
        if connection is not None and connection.is_open:
            with suppress(Exception):
                connection.close()


def _counts(channel: Any, queue: str) -> QueueCounts:
    method = channel.queue_declare(queue, passive=True).method
    return QueueCounts(messages=method.message_count, consumers=method.consumer_count)


def _take(channel: Any, queue: str, wanted: int) -> list[_Taken]:
    """Take as many and not one more: that one would be returned, which counts."""
    taken: list[_Taken] = []

    def take(_: Any, method: Any, properties: Any, body: bytes) -> None:
        letter = Letter(
            body=body,
            message_id=properties.message_id or "",
            headers=properties.headers or {},
        )
        taken.append(
            _Taken(letter=letter, properties=properties, tag=method.delivery_tag)
        )

    channel.basic_qos(prefetch_count=wanted)
    consumer = channel.basic_consume(queue, take, exclusive=True)
    deadline = time.monotonic() + DELIVERY_DEADLINE
    while len(taken) < wanted and (left := deadline - time.monotonic()) > 0:
        channel.connection.process_data_events(time_limit=left)
    channel.basic_cancel(consumer)
    return taken


def _again(taken: _Taken, fate: Fate, queue: str) -> Message | None:
    """Return the message that takes its place, None where none does."""
    if isinstance(fate, Remove):
        return None
    properties = copy.copy(taken.properties)
    headers = taken.letter.headers
    if isinstance(fate, MoveTo):
        queue, headers = fate.queue, fate.headers
        properties.expiration = None
    kept = {key: value for key, value in headers.items() if key not in _NOT_CARRIED}
    properties.headers = kept or None
    properties.delivery_mode = _PERSISTENT
    # The broker takes none but the name of whoever publishes.
    properties.user_id = None
    try:
        encoded = b"".join(properties.encode())
    except Exception as error:
        raise NotPublished(
            f"message {taken.letter.message_id!r} cannot be published again: {error}"
        ) from error
    return Message(
        body=taken.letter.body,
        message_id=taken.letter.message_id,
        exchange="",
        routing_key=queue,
        properties=encoded,
    )


def _publish(publisher: Publisher, messages: list[Message | None]) -> None:
    staying = [message for message in messages if message is not None]
    for error in publisher.publish_all(staying, timeout=CONFIRM_DEADLINE):
        if error is not None:
            raise error


def _explain(channel: Any, queue: str, turned: Turned) -> None:
    """Raise where there is more that is not delivered; else somebody took it away."""
    if _counts(channel, queue).messages:
        raise BrokerUnavailable(
            f"the broker has stopped to deliver: {turned.done} of {turned.total}"
            f" messages of {queue} were looked at"
        )


def _words(error: Exception, queue: str) -> str:
    code = getattr(error, "reply_code", None)
    cause = error.args[0] if error.args and not str(error) else error
    told = str(getattr(cause, "exception", cause)) or repr(cause)
    # A right that is missing is refused with the same code.
    if code == _RESOURCE_LOCKED or (code == _ACCESS_REFUSED and "exclusive" in told):
        return f"another tool is at work on {queue}: wait until it has ended"
    if code == _NOT_FOUND:
        return f"the broker has no queue {queue}"
    return f"the broker cannot be used: {told[:300]}"
