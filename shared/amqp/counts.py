"""How many messages and consumers queues have, asked on a channel of its own.

A queue that is missing closes the channel that asks for it, and a frozen broker never
answers: neither may touch the channel that others work on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pika.channel import Channel

from shared.amqp.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """What a passive declare tells of a queue; `messages` are those that wait."""

    messages: int
    consumers: int


Answers = dict[str, QueueCounts]


async def counts_of(link: Link, queues: Sequence[str], *, timeout: float) -> Answers:
    """Return the counts of the queues that exist; TimeoutError without an answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Answers] = loop.create_future()
    answers: Answers = {}

    def begin(channel: Channel) -> None:
        channel.add_on_close_callback(lambda *_: finish())
        ask(channel, list(queues))

    def ask(channel: Channel, left: list[str]) -> None:
        if not left:
            channel.close()
            return
        queue, *rest = left

        def told(frame: object) -> None:
            method = frame.method  # type: ignore[attr-defined]
            answers[queue] = QueueCounts(
                messages=method.message_count, consumers=method.consumer_count
            )
            ask(channel, rest)

        channel.queue_declare(queue, passive=True, callback=told)

    def finish() -> None:
        if not done.done():
            done.set_result(answers)

    link.open_side_channel(begin)
    return await asyncio.wait_for(done, timeout)
