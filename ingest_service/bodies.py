"""The body of a request, or why there is none."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout


def read(environ: dict[str, Any], *, max_bytes: int) -> bytes:
    """Return the body; raise RequestEntityTooLarge, RequestTimeout or BadRequest.

    The worker's deadline for it ends the wait. A body in chunks tells no length.
    """
    declared = environ.get("CONTENT_LENGTH")
    length = int(declared) if declared else None
    if length is not None and length > max_bytes:
        raise RequestEntityTooLarge
    try:
        body: bytes = environ["wsgi.input"].read(
            max_bytes + 1 if length is None else length
        )
    except TimeoutError:
        raise RequestTimeout("the body did not come in time") from None
    except Exception:  # noqa: BLE001
        # The server's own errors for broken chunks have no base in common.
        raise BadRequest("the body cannot be read") from None
    if len(body) > max_bytes:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest("the body ended too early")
    return body
