"""The body of a request, or why there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
)

#: A row's webhook is mostly smaller. Anybody can have a larger one waited for, before
#: its signature can be checked: a worker holds so many at once, each of MAX_BODY_BYTES.
LARGE_BYTES, LARGE_AT_ONCE = 65_536, 64
#: How long a large one waits for its turn, in seconds.
LARGE_PATIENCE = 3.0

_large = threading.BoundedSemaphore(LARGE_AT_ONCE)


def read(environ: dict[str, Any], *, max_bytes: int) -> bytes:
    """Return the body; raise an HTTPException where there is none.

    The worker's deadline for it ends the wait. A body in chunks tells no length.
    """
    declared = environ.get("CONTENT_LENGTH")
    length = int(declared) if declared else None
    if length is not None and length > max_bytes:
        raise RequestEntityTooLarge
    with turn(length):
        body = _received(environ, max_bytes + 1 if length is None else length)
    if len(body) > max_bytes:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest("the body ended too early")
    return body


@contextmanager
def turn(length: int | None) -> Iterator[None]:
    """Hold a place for a body of `length` bytes, None where nobody knows.

    Raises ServiceUnavailable where none comes free.
    """
    if length is not None and length <= LARGE_BYTES:
        yield
        return
    if not _large.acquire(timeout=LARGE_PATIENCE):
        raise ServiceUnavailable("too many large bodies at once", retry_after=1)
    try:
        yield
    finally:
        _large.release()


def _received(environ: dict[str, Any], size: int) -> bytes:
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except TimeoutError:
        raise RequestTimeout("the body did not come in time") from None
    except Exception:  # noqa: BLE001
        # The server's own errors for broken chunks have no base in common.
        raise BadRequest("the body cannot be read") from None
    return body
