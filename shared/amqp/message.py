"""A message on its way into the broker or out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared import events
from shared.topology import EXCHANGE

Headers = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is published: `body` to `exchange` under `routing_key`, persistent.

    `expiration` is how long it may wait in its queue, in milliseconds. `properties`
    are those of a message that is passed on as it came, encoded; they take the place
    of what the other fields would make.
    """

    body: bytes
    message_id: str
    routing_key: str
    exchange: str = EXCHANGE
    headers: Headers = field(default_factory=dict)
    expiration: int | None = None
    properties: bytes | None = None

    @classmethod
    def of(cls, event: events.Event) -> Message:
        """Return the message that carries the event to everyone bound for its type."""
        return cls(
            body=events.encode(event), message_id=event.id, routing_key=event.type
        )

    def to_queue(
        self, queue: str, headers: Headers, *, expiration: int | None = None
    ) -> Message:
        """Return the same body for one queue alone, by the default exchange."""
        return Message(
            body=self.body,
            message_id=self.message_id,
            exchange="",
            routing_key=queue,
            headers=headers,
            expiration=expiration,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a consumer got; ack it once, or leave it to be delivered again."""

    body: bytes
    message_id: str
    headers: Mapping[str, object]
    tag: int
    #: Counts the consumer's channels; a delivery of an earlier one cannot be acked.
    generation: int
