"""As much of HTTP/1.1 as a sender of one fixed request needs; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class NotUnderstood(Exception):
    """An answer without a status or a length."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `closes` where the server wants no more on this connection."""

    status: int
    closes: bool


def request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a POST request, ready to be sent."""
    lines = [f"POST {path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(data: bytes) -> Answer | None:
    """Return the answer, None where some of it is still to come."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[: end + 2].lower()
    before, _, rest = head.partition(b"\r\ncontent-length:")
    try:
        status, length = int(before[9:12]), int(rest[: rest.index(b"\r\n")])
    except ValueError:
        raise NotUnderstood(f"an answer begins {data[:80]!r}") from None
    if len(data) < end + 4 + length:
        return None
    return Answer(status, closes=b"\r\nconnection: close\r\n" in head)
