"""One HTTP exchange, byte for byte as pg_net's libcurl writes it over http://.

Header order and set are the point: Host, Accept, the caller's headers in jsonb's key
order, User-Agent, Content-Length. Connections are kept and used again; one that is
found closed without an answer is replaced, and the request sent a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from devstack.supabase import jsonb

#: What is kept of an answer's body, and how long a line of its head may be.
MAX_CONTENT = 65_536
MAX_KEPT = 200

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def request_bytes(
    url: str, headers: Mapping[str, str], body: bytes, user_agent: str
) -> bytes:
    """Return the whole request."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    ordered = sorted(headers, key=jsonb.key_order)
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "Accept: */*",
        *(f"{name}: {headers[name]}" for name in ordered),
        f"User-Agent: {user_agent}",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Connections:
    """Open connections, by address."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[Stream]] = {}

    async def post(self, url: str, request: bytes) -> Answer:
        """Send the request; raise OSError or IncompleteReadError without an answer."""
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or 80)
        idle = self._idle.setdefault(address, [])
        if idle:
            try:
                return await self._exchange(idle.pop(), request, idle)
            except (OSError, asyncio.IncompleteReadError):
                pass  # closed while it was idle: libcurl too sends it again
        return await self._exchange(
            await asyncio.open_connection(*address), request, idle
        )

    async def _exchange(
        self, stream: Stream, request: bytes, idle: list[Stream]
    ) -> Answer:
        reader, writer = stream
        kept = False
        try:
            writer.write(request)
            await writer.drain()
            answer = await _read(reader)
            kept = answer.headers.get("connection") != "close" and len(idle) < MAX_KEPT
            if kept:
                idle.append(stream)
            return answer
        finally:
            if not kept:
                writer.close()

    def close(self) -> None:
        """Close them all."""
        for streams in self._idle.values():
            for _, writer in streams:
                writer.close()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if headers.get("transfer-encoding") == "chunked":
        content = await _chunks(reader)
    else:
        content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split()[1]), headers, content[:MAX_CONTENT])


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        content += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return content
