"""What a peer sends, for gunicorn's parser: no wait and no head without an end.

gunicorn itself waits its `keepalive` for a whole head, and for ever for a body.
"""

from __future__ import annotations

import socket
import time

from gunicorn.http.errors import LimitRequestHeaders

#: An answer that is not taken for so long is not wanted, in seconds.
WRITE_DEADLINE = 5.0
#: Twice what the edge lets through. The parser looks through the whole head again at
#: each arrival, so a long one in small pieces would cost far more than it does to send.
MAX_HEAD_BYTES = 16_384

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Incoming:
    """The reading side of one connection: a `recv` with deadlines.

    A request's first byte, its head and its body are awaited one after the other; each
    `await_*` begins one of these, and is told how long it may take, in seconds.
    """

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._deadline = 0.0
        self._head_bytes: int | None = None
        self._head_within: float | None = None
        self._owes_continue = False
        peer.settimeout(WRITE_DEADLINE)

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of the next request has come yet."""
        return self._head_within is not None

    def await_request(self, *, idle: float, head: float) -> None:
        """From now on a head is read: begun within `idle`, then all in `head`."""
        self._deadline = time.monotonic() + idle
        self._head_within = head
        self._head_bytes = 0

    def await_head(self, within: float) -> None:
        """From now on a head is read that has begun to come."""
        self._deadline = time.monotonic() + within
        self._head_within = None
        self._head_bytes = 0

    def await_body(self, within: float, *, ask: bool = False) -> None:
        """From now on a body is read; `ask` for it first where the peer waits."""
        self._deadline = time.monotonic() + within
        self._head_within = None
        self._head_bytes = None
        self._owes_continue = ask

    def forgo_body(self) -> None:
        """Take no more of a body that has not been asked for; it may be there."""
        if self._owes_continue:
            self._owes_continue = False
            self._deadline = time.monotonic()

    def recv(self, size: int) -> bytes:
        """Return what has come, at most `size` bytes; empty where the peer has ended.

        Raises TimeoutError past the deadline, and LimitRequestHeaders for a head
        that does not end.
        """
        if self._owes_continue:
            # Only now: who is refused by the head alone need not send the body.
            self._owes_continue = False
            self._peer.sendall(CONTINUE)
        data = self._read(size)
        if self._head_within is not None:
            self.await_head(self._head_within)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                raise LimitRequestHeaders("the head is too long")
        return data

    def end(self) -> None:
        """Take nothing more from the peer than what has come; another task may wait."""
        self._peer.shutdown(socket.SHUT_RD)

    def _read(self, size: int) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._peer.settimeout(left)
        try:
            return self._peer.recv(size)
        finally:
            self._peer.settimeout(WRITE_DEADLINE)
