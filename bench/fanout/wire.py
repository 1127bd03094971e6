"""A client's side of RFC 6455, as much as counting needs; pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bench.fanout.changes import MARK

_MOMENT = re.compile(rf"{MARK}(\d{{19}}){MARK}".encode())
_FIN_AND_OPCODE, _COMPRESSED = 0x8F, 0x40
_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
#: What ends a deflated message on the way in (RFC 7692, section 7.2.2).
_DEFLATE_TAIL = b"\x00\x00\xff\xff"
#: A pong without content; masked with zeros, as a client's frames must be masked.
PONG = b"\x8a\x80\x00\x00\x00\x00"

DEFLATE_OFFER = (
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)


class NotUnderstood(Exception):
    """A server sent what this client does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stood in some bytes of one socket; `rest` is the begin of the next frame.

    `moments` are what the deliveries carry between their marks, in order; `oldest` is
    the first of them, else 0.
    """

    messages: int
    deliveries: int
    payload_bytes: int
    pings: int
    oldest: int
    moments: tuple[int, ...]
    close_code: int | None
    rest: bytes


def upgrade_request(path: str, host: str, headers: dict[str, str]) -> bytes:
    """Return the opening handshake."""
    lines = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        **headers,
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode()


def text_frame(text: str) -> bytes:
    """Return a frame, masked with zeros; `text` is shorter than 64 KiB."""
    payload = text.encode()
    length = len(payload)
    size = bytes((length,)) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
    masked = bytes((size[0] | 0x80,)) + size[1:]
    return bytes((_TEXT,)) + masked + bytes(4) + payload


@lru_cache(maxsize=64)
def look(data: bytes) -> Seen:
    """Return what stands in `data`, from a frame's begin on.

    A room hears the same bytes on every socket, so they are looked at once.
    """
    messages = payload_bytes = pings = taken = 0
    moments: list[int] = []
    close_code = None
    for first, payload, end in _frames(data):
        taken = end
        if first & _FIN_AND_OPCODE == _TEXT:
            messages += 1
            moment = _MOMENT.search(_text(first, payload))
            if moment:
                payload_bytes += len(payload)
                moments.append(int(moment[1]))
        elif first == _PING:
            pings += 1
        elif first == _CLOSE:
            close_code = int.from_bytes(payload[:2], "big")
        else:
            raise NotUnderstood(f"a frame begins with {first:#x}")
    return Seen(
        messages=messages,
        deliveries=len(moments),
        payload_bytes=payload_bytes,
        pings=pings,
        oldest=moments[0] if moments else 0,
        moments=tuple(moments),
        close_code=close_code,
        rest=data[taken:],
    )


def _frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    at = 0
    while at + 2 <= len(data):
        first, length, begin = data[at], data[at + 1] & 0x7F, at + 2
        if length > 125:
            begin += 2 if length == 126 else 8
            length = int.from_bytes(data[at + 2 : begin], "big")
        if begin + length > len(data):
            return
        at = begin + length
        yield first, data[begin:at], at


def _text(first: int, payload: bytes) -> bytes:
    if not first & _COMPRESSED:
        return payload
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + _DEFLATE_TAIL)
