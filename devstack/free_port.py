"""Ports of the loopback interface for servers that are about to start."""

from __future__ import annotations

import atexit
import random
import socket
from collections import deque
from contextlib import suppress

LOOPBACK = "127.0.0.1"
#: Below those that systems take for outgoing connections: such a one could be gone
#: before its server listens, or while the server is started again.
FIRST, LAST = 18_000, 32_000
MOST_TRIES = 1_000
#: A process has few descriptors; what it was given long ago is listened on by now.
MOST_CLAIMS = 100

_claims: deque[socket.socket] = deque()


@atexit.register
def _give_up() -> None:
    while _claims:
        _claims.pop().close()


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else is given meanwhile.

    The port's UDP twin, which none of our servers uses, is held as the sign of that.
    Raises RuntimeError where none is found.
    """
    for _ in range(MOST_TRIES):
        port = random.randint(FIRST, LAST)  # noqa: S311
        with suppress(OSError):
            _claim(port)
            return port
    raise RuntimeError(f"no port from {FIRST} to {LAST} is free")


def _claim(port: int) -> None:
    claim = socket.socket(type=socket.SOCK_DGRAM)
    try:
        claim.bind((LOOPBACK, port))
        with socket.socket() as probe:
            probe.bind((LOOPBACK, port))
    except OSError:
        claim.close()
        raise
    _claims.append(claim)
    if len(_claims) > MOST_CLAIMS:
        _claims.popleft().close()
