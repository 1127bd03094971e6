"""What is answered, for gunicorn: head and body in one write instead of two."""

from __future__ import annotations

import socket

#: Past it an answer goes out in pieces.
MAX_JOINED_BYTES = 65_536


class Outgoing:
    """The writing side of one connection: what is sent goes out at the next `flush`."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._waiting = bytearray()

    def sendall(self, data: bytes) -> None:
        """Send the data, soon."""
        self._waiting += data
        if len(self._waiting) > MAX_JOINED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send now what waits; raise OSError where the peer does not take it."""
        if self._waiting:
            data = bytes(self._waiting)
            self._waiting.clear()
            try:
                self._peer.sendall(data)
            except TimeoutError:
                # Not the 408 of a slow request: half of an answer is out.
                raise ConnectionAbortedError("the answer is not taken") from None

    def shutdown(self, how: int) -> None:
        """End one or both directions, as an answer that broke off is ended."""
        self._waiting.clear()
        self._peer.shutdown(how)

    def close(self) -> None:
        """Close the connection."""
        self._peer.close()
