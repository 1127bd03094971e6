"""What is said to a peer whose bytes are no request: the status, and why.

gunicorn's own errors quote what was sent; these sentences do not.
"""

from __future__ import annotations

from http import HTTPStatus

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)

from ingest_service import answers

_SENTENCES: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (TimeoutError, HTTPStatus.REQUEST_TIMEOUT, "the request did not come in time"),
    (
        LimitRequestLine,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "the request line is too long",
    ),
    (
        LimitRequestHeaders,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "too many headers, or too long ones",
    ),
    (
        ExpectationFailed,
        HTTPStatus.EXPECTATION_FAILED,
        "no other expectation than 100-continue is met",
    ),
    (
        UnsupportedTransferCoding,
        HTTPStatus.NOT_IMPLEMENTED,
        "no other transfer coding than chunked is taken",
    ),
    (ParseException, HTTPStatus.BAD_REQUEST, "this is not HTTP/1.1 as it should be"),
)


def told_of(error: BaseException) -> tuple[HTTPStatus, str] | None:
    """Return status and sentence of a peer's fault; None where it is none."""
    for kind, status, sentence in _SENTENCES:
        if isinstance(error, kind):
            return status, sentence
    return None


def answer(status: HTTPStatus, sentence: str, request_id: str) -> bytes:
    """Return a whole HTTP answer with a problem in it, the connection's last."""
    body = answers.problem(status, sentence, request_id=request_id).body
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {answers.PROBLEM}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-Id: {request_id}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
