"""The topology as steps on a channel: declared, or only looked for.

A user without the right to configure is refused even the declaring of what is there
as it should be. To look costs no right, but shows neither arguments nor bindings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pika.exceptions
from pika.channel import Channel

from shared.topology import Queue, Topology

Done = Callable[[Any], None]
#: Sends one method, and calls `Done` with the broker's answer.
Step = Callable[[Done], Any]

_ACCESS_REFUSED, _NOT_FOUND = 403, 404


def declared(channel: Channel, topology: Topology) -> list[Step]:
    """Return the steps that make what is missing, the gate last."""
    steps: list[Step] = [
        lambda done: channel.exchange_declare(
            topology.exchange, exchange_type="topic", durable=True, callback=done
        )
    ]
    for queue in topology.queues:
        steps.append(_declare(channel, queue))
        steps += [
            _bind(channel, queue.name, topology.exchange, key)
            for key in queue.routing_keys
        ]
    # The gate: a queue that the broker still recovers refuses this, the channel is
    # closed, and all is tried again on the next one.
    return steps + [_passive(channel, name) for name in topology.gate]


def looked_for(channel: Channel, topology: Topology) -> list[Step]:
    """Return the steps that fail where something is missing; they make nothing."""
    steps: list[Step] = [
        lambda done: channel.exchange_declare(
            topology.exchange, passive=True, callback=done
        )
    ]
    # Each queue, not the gate's alone: what is retried must have its queue, too.
    return steps + [_passive(channel, queue.name) for queue in topology.queues]


def is_refused(error: Exception) -> bool:
    """Tell whether the channel was closed for a right that the user has not."""
    return _code(error) == _ACCESS_REFUSED


def is_missing(error: Exception) -> bool:
    """Tell whether the channel was closed for a thing that is not there.

    A queue that the broker still recovers is answered 404 as well.
    """
    text = str(getattr(error, "reply_text", ""))
    return _code(error) == _NOT_FOUND and "NOT_FOUND - no " in text


def _code(error: Exception) -> int | None:
    if isinstance(error, pika.exceptions.ChannelClosedByBroker):
        return int(error.reply_code)
    return None


def _declare(channel: Channel, queue: Queue) -> Step:
    return lambda done: channel.queue_declare(
        queue.name, durable=True, arguments=dict(queue.arguments), callback=done
    )


def _passive(channel: Channel, name: str) -> Step:
    return lambda done: channel.queue_declare(name, passive=True, callback=done)


def _bind(channel: Channel, queue: str, exchange: str, routing_key: str) -> Step:
    return lambda done: channel.queue_bind(
        queue, exchange, routing_key=routing_key, callback=done
    )
