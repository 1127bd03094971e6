"""HTTP as bytes: what no client library would send, and all that is answered."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.plugins.services import signed
from tests.plugins.webhooks import UPDATE

DEADLINE = 15.0


@dataclass(frozen=True)
class Answer:
    """One answer; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """Return the problem that the body is."""
        assert self.headers["content-type"] == "application/problem+json; charset=utf-8"
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["status"] == self.status
        assert problem["request_id"] == self.headers["x-request-id"]
        return problem


class Line:
    """A connection to a service."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self._read = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes as they are, as far as they are taken."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def answer(self, *, has_body: bool = True) -> Answer:
        """Return the next answer."""
        status = int(self._read.readline().split(b" ")[1])
        headers = {}
        while (line := self._read.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if has_body else 0
        return Answer(status, headers, self._read.read(length))

    def is_ended(self) -> bool:
        """Wait until the service ends the connection; tell whether it just did."""
        with contextlib.suppress(ConnectionResetError):
            return self._read.read(1) == b""
        return True

    def close(self) -> None:
        """End the connection."""
        self._read.close()
        self.socket.close()


@contextlib.contextmanager
def line(port: int) -> Iterator[Line]:
    """Hold a connection."""
    connection = Line(port)
    try:
        yield connection
    finally:
        connection.close()


def speak(port: int, data: bytes) -> Answer:
    """Send bytes on a connection of their own; return the first answer."""
    with line(port) as connection:
        connection.send(data)
        return connection.answer()


def request(
    body: bytes = b"",
    *,
    target: str = UPDATE,
    method: str = "POST",
    version: str = "1.1",
    headers: Mapping[str, str] | None = None,
    length: str | None = "right",
) -> bytes:
    """Return the bytes of a signed request; `length` None says nothing of it."""
    lines = [f"{method} {target} HTTP/{version}", "Host: ingest"]
    told = signed(body) | dict(headers or {})
    lines += [f"{name}: {value}" for name, value in told.items()]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == 'right' else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
