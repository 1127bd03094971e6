"""The floor: gunicorn's worker and nothing behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ANSWER = b'{"status":"accepted"}'


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Read the body, accept it."""
    environ["wsgi.input"].read()
    status = "200 OK" if environ["PATH_INFO"] == "/ready" else "202 Accepted"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(ANSWER))),
    ]
    start_response(status, headers)
    return [ANSWER]
