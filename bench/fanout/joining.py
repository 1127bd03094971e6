"""Clients at the door: handshake, first message, welcome, many at once."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from bench.fanout.wire import DEFLATE_OFFER, look, text_frame, upgrade_request

READ_BYTES = 32_768
#: Handshakes under way at once; below the servers' backlog of 128.
WAVE = 64
HANDSHAKE_DEADLINE = 30.0


class Refused(Exception):
    """A server did not let a client in, or sent it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Open so many connections; answered by Joined."""

    port: int
    path: str
    count: int
    token: str | None
    deflate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """All are in; it took so many seconds."""

    seconds: float


def let_in(order: Join) -> Iterator[tuple[socket.socket, bytes]]:
    """Yield each connection once it is welcome, with what came after; raise Refused."""
    for size in _waves(order.count):
        wave = [_knock(order) for _ in range(size)]
        heard = [_shake_hands(each, order.token) for each in wave]
        for each, data in zip(wave, heard, strict=True):
            yield each, _welcomed(each, data)


def _waves(count: int) -> Iterator[int]:
    for begin in range(0, count, WAVE):
        yield min(WAVE, count - begin)


def _knock(order: Join) -> socket.socket:
    address = ("127.0.0.1", order.port)
    opened = socket.create_connection(address, HANDSHAKE_DEADLINE)
    headers = {"Sec-WebSocket-Extensions": DEFLATE_OFFER} if order.deflate else {}
    opened.sendall(upgrade_request(order.path, f"127.0.0.1:{order.port}", headers))
    return opened


def _shake_hands(opened: socket.socket, token: str | None) -> bytes:
    """Take the answer to the handshake, say who we are; return what came after it."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(opened)
    head, _, data = answer.partition(b"\r\n\r\n")
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise Refused(f"the answer to a handshake: {head[:200]!r}")
    if token is not None:
        # As a browser does it: the token is no header that stays with the socket.
        opened.sendall(text_frame(json.dumps({"type": "auth", "token": token})))
    return data


def _welcomed(opened: socket.socket, data: bytes) -> bytes:
    """Take the welcome, of which `data` has come already; return what came after."""
    while not (seen := look(data)).messages:
        if seen.close_code is not None:
            raise Refused(f"a server closed with {seen.close_code}")
        data += _some(opened)
    opened.setblocking(False)
    return seen.rest


def _some(opened: socket.socket) -> bytes:
    data = opened.recv(READ_BYTES)
    if not data:
        raise Refused("a server closed in mid-handshake")
    return data
