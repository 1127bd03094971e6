"""Messages and acks as the bytes of their AMQP frames: many go out in one write.

pika writes each of a message's three frames by itself; joined, a batch of publishes
costs one system call. Source: AMQP 0-9-1, 2.3.5 (frame details) and 4.2.6 (content).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

import pika
from pika import frame, spec

from shared.amqp.message import Message
from shared.events import CONTENT_TYPE

_FRAME = struct.Struct(">BHL")
#: Class id of basic, weight (always 0), length of the body.
_CONTENT = struct.Struct(">HHQ")
_END = bytes((spec.FRAME_END,))
#: What a frame holds beside its payload.
OVERHEAD = _FRAME.size + len(_END)


def properties_of(message: Message) -> bytes:
    """Return the payload of the content header: persistent, with id and headers.

    Raises ValueError for a message that AMQP cannot carry, here and not where its
    frames are written: there it would break everybody's connection.
    """
    try:
        encoded = _properties(message)
        _method(1, message.exchange, message.routing_key)
    except Exception as error:
        raise ValueError(f"AMQP cannot carry this message: {error}") from error
    return _CONTENT.pack(spec.Basic.INDEX, 0, len(message.body)) + encoded


def _properties(message: Message) -> bytes:
    if message.properties is not None:
        return message.properties
    message_id = message.message_id.encode()
    special = message.headers or message.expiration is not None
    if special or not 0 < len(message_id) < SHORT_STRING:
        headers = dict(message.headers) or None
        return b"".join(_plain(message.message_id, headers, message.expiration))
    # pika's own encoder takes as long as the rest of a publish, and all but the id is
    # the same in every event.
    return _BEFORE_ID + bytes((len(message_id),)) + message_id


def _plain(
    message_id: str,
    headers: dict[str, str | int] | None = None,
    expiration: int | None = None,
) -> list[bytes]:
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=pika.DeliveryMode.Persistent.value,
        message_id=message_id,
        headers=headers,
        expiration=None if expiration is None else str(expiration),
    )
    encoded: list[bytes] = properties.encode()
    return encoded


#: A short string has its length in one byte.
SHORT_STRING = 256
_BEFORE_ID = b"".join(_plain("x"))[: -len(b"\x01x")]


def publish(
    channel: int, message: Message, properties: bytes, *, frame_max: int
) -> Iterator[bytes]:
    """Yield the frames of a mandatory publish; `frame_max` is in bytes."""
    yield _method(channel, message.exchange, message.routing_key)
    yield _frame(spec.FRAME_HEADER, channel, properties)
    most = frame_max - OVERHEAD
    for start in range(0, len(message.body), most):
        yield _frame(spec.FRAME_BODY, channel, message.body[start : start + most])


def ack(channel: int, tag: int) -> bytes:
    """Return the frame that acks the delivery with this tag."""
    encoded: bytes = frame.Method(channel, spec.Basic.Ack(delivery_tag=tag)).marshal()
    return encoded


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + _END


@lru_cache(maxsize=256)
def _method(channel: int, exchange: str, routing_key: str) -> bytes:
    method = spec.Basic.Publish(
        exchange=exchange, routing_key=routing_key, mandatory=True
    )
    encoded: bytes = frame.Method(channel, method).marshal()
    return encoded
