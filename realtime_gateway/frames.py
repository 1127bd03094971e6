"""A message as the bytes that go to a transport, for each way of connecting.

WebSocket: one unmasked frame (RFC 6455, section 5.2), as it is or deflated from an
empty context (RFC 7692, section 7.2.3.1), so that everyone in a room gets the same
bytes. Server-Sent Events: one chunk (RFC 9112, section 7.1) with one event.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

FIN = 0x80
#: The bit that marks a deflated message.
RSV1 = 0x40
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
#: What every deflated message ends with, and what is therefore left away.
_TAIL = b"\x00\x00\xff\xff"
#: Shorter ones gain nothing.
_WORTH_DEFLATING = 128

#: From an event's id (None: a message that is no event) and its JSON to bytes.
Encoding = Callable[[str | None, bytes], bytes]


def text(event_id: str | None, payload: bytes) -> bytes:
    """Return the unfragmented, uncompressed text frame that carries `payload`."""
    return frame(FIN | TEXT, payload)


def deflated_text(event_id: str | None, payload: bytes) -> bytes:
    """Return the text frame, compressed where that makes it shorter."""
    if len(payload) >= _WORTH_DEFLATING:
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        short = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
        short = short.removesuffix(_TAIL)
        if len(short) < len(payload):
            return frame(FIN | RSV1 | TEXT, short)
    return frame(FIN | TEXT, payload)


def server_sent_event(event_id: str | None, payload: bytes) -> bytes:
    """Return the chunk of one event.

    An event's id becomes what the client sends as Last-Event-ID when it comes back.
    """
    line = f"id: {event_id}\n".encode() if event_id and event_id.isprintable() else b""
    # A column's value may be JSON of several lines; within its texts there are none.
    data = payload.replace(b"\r", b" ").replace(b"\n", b" ")
    return chunk(line + b"data: " + data + b"\n\n")


def chunk(data: bytes) -> bytes:
    """Return a chunk of an HTTP/1.1 body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def frame(first: int, payload: bytes) -> bytes:
    """Return an unmasked frame whose first byte is `first`."""
    length = len(payload)
    if length < 126:
        header = bytes((first, length))
    elif length < 1 << 16:
        header = bytes((first, 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((first, 127)) + length.to_bytes(8, "big")
    return header + payload
