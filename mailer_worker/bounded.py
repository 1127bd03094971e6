"""An HTTP answer within bounds: so many bytes, within so many seconds in all.

The time-outs of `requests` are for each read, so a server that sends a byte now and
then would be waited for without end.
"""

from __future__ import annotations

import time

import requests

MAX_BYTES = 262_144
CHUNK = 8_192


class Unbounded(requests.RequestException):
    """The answer is too long, or takes too long."""


def body_of(answer: requests.Response, *, seconds: float) -> bytes:
    """Return the body of an answer asked for with `stream=True`; raise Unbounded."""
    deadline = time.monotonic() + seconds
    body = bytearray()
    with answer:
        # Whatever has come, be it one byte: the clock is looked at for each piece.
        while piece := answer.raw.read1(CHUNK, decode_content=True):
            body += piece
            if len(body) > MAX_BYTES or time.monotonic() > deadline:
                raise Unbounded("the answer is longer than is waited for")
    return bytes(body)
