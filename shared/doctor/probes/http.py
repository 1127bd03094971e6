"""Ask an HTTP peer once: within bounds, without following where it points.

The standard library alone: an image has Flask, aiohttp or requests, never all.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from shared.version import __version__

#: Of each wait for the peer; the whole check has the runner's deadline.
TIMEOUT = 4.0
MAX_BODY_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer said; `date` is its clock's header, the moments are our clock's."""

    status: int
    body: bytes
    date: str = ""
    asked_at: float = 0.0
    answered_at: float = 0.0


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is none, as the end of a sentence."""

    reason: str


Reply = Answer | NoAnswer


class _Stay(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        # The keys in a request are not for whoever it is sent on to.
        return None


_opener = build_opener(_Stay)


def ask(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Reply:
    """Return the answer to a GET, or to a POST of `form`."""
    data = None if form is None else urlencode(form).encode()
    named = {"User-Agent": f"melotech-doctor/{__version__}", **(headers or {})}
    asked_at = time.time()
    try:
        request = Request(url, data=data, headers=named)  # noqa: S310 # settings checked it
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return _read(answer, answer.status, asked_at)
    except HTTPError as error:
        with error:
            return _refusal(error, asked_at)
    except (OSError, HTTPException, ValueError) as error:
        return NoAnswer(reason_of(error))


def reason_of(error: Exception) -> str:
    """Say why a connection failed; nothing that the peer wrote is repeated."""
    cause = error.reason if isinstance(error, URLError) else error
    match cause:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not believed: {cause.verify_message}"
        case ssl.SSLError():
            return "there is no TLS that both sides speak"
        case socket.gaierror():
            return "its name is not known to DNS"
        case ConnectionRefusedError():
            return "the connection is refused: nobody listens there"
        case TimeoutError():
            return "nothing is answered in time"
        case OSError() if cause.strerror:
            return cause.strerror.lower()
    return f"the connection breaks ({type(cause).__name__})"


def _refusal(error: HTTPError, asked_at: float) -> Reply:
    try:
        return _read(error, error.code, asked_at)
    except (OSError, HTTPException) as broken:
        return NoAnswer(reason_of(broken))


def _read(answer: Any, status: int, asked_at: float) -> Answer:
    return Answer(
        status=status,
        body=answer.read(MAX_BODY_BYTES),
        date=answer.headers.get("Date") or "",
        asked_at=asked_at,
        answered_at=time.time(),
    )
