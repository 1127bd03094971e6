"""A message as a row of the spool's file, and back."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shared.amqp.message import Message

#: A row without its number: message_id, exchange, routing_key, headers (JSON), body,
#: accepted_at, checksum.
Row = tuple[str, str, str, bytes, bytes, float, int]

SELECT = "select * from messages"
SELECT_REFUSED = "select * from refused"
INSERT = "insert into messages values (null, ?, ?, ?, ?, ?, ?, ?)"
INSERT_REFUSED = "insert into refused values (null, ?, ?, ?, ?, ?, ?, ?, ?)"
#: Messages, refused ones, bytes of both.
ADD_TO_TOTALS = (
    "update totals set depth = depth + ?, refused = refused + ?, bytes = bytes + ?"
)

_headers = msgspec.json.Decoder(dict[str, str | int])


@dataclass(frozen=True, slots=True)
class Spooled:
    """A message in the spool; numbers grow in the order of acceptance."""

    number: int
    message: Message
    #: Unix time in seconds.
    accepted_at: float


def row_of(message: Message, now: float) -> Row:
    """Return the row that keeps the message; `now` is Unix time in seconds.

    Raises ValueError for text that no encoding has.
    """
    headers = msgspec.json.encode(dict(message.headers))
    words = (message.message_id, message.exchange, message.routing_key)
    checksum = _checksum(words, headers, message.body)
    return (*words, headers, message.body, now, checksum)


def spooled(*row: object) -> Spooled | None:
    """Return what a row of SELECT keeps; None where it is not as once written."""
    try:
        return _spooled(*row)  # type: ignore[arg-type] # the checksum tells
    except (TypeError, ValueError):
        return None


def _spooled(
    number: int,
    message_id: str,
    exchange: str,
    routing_key: str,
    headers: bytes,
    body: bytes,
    accepted_at: float,
    checksum: int,
) -> Spooled | None:
    if _checksum((message_id, exchange, routing_key), headers, body) != checksum:
        return None
    message = Message(
        body=body,
        message_id=message_id,
        routing_key=routing_key,
        exchange=exchange,
        headers=_headers.decode(headers),
    )
    return Spooled(number, message, accepted_at)


def _checksum(words: Sequence[str], headers: bytes, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(headers, zlib.crc32("\0".join(words).encode())))
