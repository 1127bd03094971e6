"""An event as it is told: encoded once for each encoding, however many get it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from realtime_gateway import protocol
from realtime_gateway.changelog.entries import Stored
from realtime_gateway.frames import Encoding


class Told:
    """A stored event with the bytes that have been made of it."""

    __slots__ = (
        *("_frames", "_payload", "arrived", "event"),
        *("position", "size", "sockets", "stale"),
    )

    def __init__(self, stored: Stored) -> None:
        self.position = stored.position
        self.event = protocol.tellable(stored.event)
        self.stale = stored.stale
        self.size = stored.size
        self.arrived = stored.arrived
        #: How many it was handed to.
        self.sockets = 0
        self._payload: bytes | None = None
        self._frames: dict[Encoding, bytes] = {}

    def encoded(self, encoding: Encoding) -> bytes:
        """Return the event's message as bytes for a transport."""
        data = self._frames.get(encoding)
        if data is None:
            if self._payload is None:
                self._payload = protocol.update_of(self.event, stale=self.stale)
            data = self._frames[encoding] = encoding(self.event.id, self._payload)
        return data


@dataclass(frozen=True, slots=True)
class Piece:
    """Joined messages: how many, and the position of the last of them."""

    position: int
    count: int
    data: bytes


def pieces(
    told: Iterable[Told], encoding: Encoding, *, max_bytes: int
) -> Iterator[Piece]:
    """Join the messages, in order, into pieces of about `max_bytes` at most.

    A single message that is longer makes a piece of its own.
    """
    joined: list[bytes] = []
    size, last = 0, 0
    for each in told:
        data = each.encoded(encoding)
        if joined and size + len(data) > max_bytes:
            yield Piece(last, len(joined), b"".join(joined))
            joined, size = [], 0
        joined.append(data)
        size += len(data)
        last = each.position
    if joined:
        yield Piece(last, len(joined), b"".join(joined))
