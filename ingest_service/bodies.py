"""The body of a request, or why there is none."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
    RequestTimeout,
)


def read(request: Request, *, max_bytes: int) -> bytes:
    """Return the body; raise RequestEntityTooLarge, RequestTimeout or BadRequest.

    The worker's deadline for it ends the wait.
    """
    try:
        body = request.get_data(cache=False)
    except ClientDisconnected as error:
        if isinstance(error.__context__, TimeoutError):
            raise RequestTimeout("the body did not come in time") from None
        raise BadRequest("the body ended too early") from None
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001
        # The server's own errors for broken chunks have no base in common.
        raise BadRequest("the body cannot be read") from None
    if len(body) > max_bytes:
        raise RequestEntityTooLarge
    return body
