"""The names and arguments of everything on the bus, as data.

RabbitMQ 3.10 (Debian 12) accepts unknown queue arguments silently and refuses to
change those of an existing queue (406), so these are constants and not settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

EXCHANGE = "melotech.changes"
CHANGE_LOG_STREAM = "changes.log"
MAILER_QUEUE = "mailer.status-changes"
MAILER_DEAD_LETTERS = "mailer.dead-letters"
#: Where a status change waits for the last word. Each message carries how long, and all
#: carry the same, so that they expire in their order.
MAILER_SETTLING = "mailer.settling"
#: What Mailgun tells later of the mails, for the mailer's own records.
MAILER_OUTCOMES = "mailer.outcomes"

#: Crash guard: after this many returns a message is dead-lettered by the broker.
#: Ordinary retries do not count here, they go through the retry queues.
MAILER_DELIVERY_LIMIT = 20

#: What a mailer that is away may miss of outcomes: old ones only, and never their copy
#: in the change log.
OUTCOMES_MAX_AGE = timedelta(days=7)

#: One queue per delay: within a queue messages expire head first.
RETRY_DELAYS: Mapping[str, timedelta] = {
    "mailer.retry.5s": timedelta(seconds=5),
    "mailer.retry.30s": timedelta(seconds=30),
    "mailer.retry.2m": timedelta(minutes=2),
    "mailer.retry.10m": timedelta(minutes=10),
    "mailer.retry.1h": timedelta(hours=1),
}

#: Retention of the stream works on whole segments, so they must be small to age out.
STREAM_MAX_AGE = "7D"
STREAM_MAX_BYTES = 2_000_000_000
STREAM_SEGMENT_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A durable queue or stream and the routing keys that reach it."""

    name: str
    arguments: Mapping[str, str | int]
    routing_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """What a service declares before it works.

    `gate` names the queues that must answer a passive declare before a publisher may
    publish: right after a broker's start the exchange routes past a stream that is
    still being recovered, and confirms all the same.
    """

    exchange: str
    queues: tuple[Queue, ...]
    gate: tuple[str, ...] = field(default=())


def _dead_letters_to(queue: str) -> dict[str, str | int]:
    # At-least-once dead lettering needs reject-publish as overflow behaviour.
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _retry_queue(name: str, delay: timedelta) -> Queue:
    milliseconds = int(delay.total_seconds() * 1000)
    arguments = _dead_letters_to(MAILER_QUEUE) | {"x-message-ttl": milliseconds}
    return Queue(name=name, arguments=arguments)


TOPOLOGY = Topology(
    exchange=EXCHANGE,
    queues=(
        Queue(
            name=CHANGE_LOG_STREAM,
            arguments={
                "x-queue-type": "stream",
                "x-max-age": STREAM_MAX_AGE,
                "x-max-length-bytes": STREAM_MAX_BYTES,
                "x-stream-max-segment-size-bytes": STREAM_SEGMENT_BYTES,
            },
            routing_keys=("#",),
        ),
        Queue(name=MAILER_DEAD_LETTERS, arguments={"x-queue-type": "quorum"}),
        Queue(
            name=MAILER_QUEUE,
            arguments=_dead_letters_to(MAILER_DEAD_LETTERS)
            | {"x-delivery-limit": MAILER_DELIVERY_LIMIT},
            routing_keys=("submission.status-changed",),
        ),
        *(_retry_queue(name, delay) for name, delay in RETRY_DELAYS.items()),
        Queue(name=MAILER_SETTLING, arguments=_dead_letters_to(MAILER_QUEUE)),
        Queue(
            name=MAILER_OUTCOMES,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": MAILER_DELIVERY_LIMIT,
                "x-message-ttl": int(OUTCOMES_MAX_AGE.total_seconds() * 1000),
            },
            routing_keys=(
                "email.accepted",
                "email.delivered",
                "email.failed",
                "email.complained",
                "email.unsubscribed",
                "email.opened",
                "email.clicked",
            ),
        ),
    ),
    gate=(CHANGE_LOG_STREAM, MAILER_QUEUE, MAILER_OUTCOMES),
)


def lock_of(queue: str) -> str:
    """Name the queue whose one owner may work on `queue` as an operator's tool."""
    return f"{queue}.tool"


def room_admin() -> str:
    """Name the room of all admin dashboards."""
    return "admin"


def room_artist(artist_id: str) -> str:
    """Name the room of one artist."""
    return f"artist:{artist_id}"
