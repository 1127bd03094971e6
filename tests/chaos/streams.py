"""Clients of the event streams, as a browser's `EventSource` with a token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.chaos.clients import (
    DEADLINE,
    FOR_A_WHILE,
    TOKEN_REFUSED,
    Listener,
)
from tests.chaos.world import Door

#: Comments keep a stream open, 25 seconds apart. One without them is left, in seconds.
SILENCE = aiohttp.ClientTimeout(total=None, sock_read=40)
FOR_GOOD = 4000


class StreamListener(Listener):
    """One that is told of its room by Server-Sent Events."""

    async def _visit(self, door: Door) -> int | None:
        headers = headers_of(self._token) | {"Accept": "text/event-stream"}
        if self.since:
            headers["Last-Event-ID"] = self.since
        async with (
            asyncio.timeout(DEADLINE) as deadline,
            aiohttp.ClientSession(timeout=SILENCE) as session,
            session.get(f"{door.url}/api/events", headers=headers) as answer,
        ):
            if answer.status != 200:
                return code_of(answer.status)
            visit = None
            async for event_id, told in _events(answer.content):
                if told["type"] == "close":
                    code: int = told["code"]
                    return code
                if visit is None:
                    visit = self._welcomed(door, told)
                    deadline.reschedule(None)
                elif event_id is not None:
                    visit.told.append(told["id"])
                    self.since = event_id
        return None


def headers_of(token: str) -> dict[str, str]:
    """Return who asks."""
    return {"Authorization": f"Bearer {token}"}


def code_of(status: int) -> int:
    """Return the close code that says of a socket what the status does of a request."""
    if status == 401:
        return TOKEN_REFUSED
    return FOR_A_WHILE if status == 429 or status >= 500 else FOR_GOOD


async def _events(
    lines: aiohttp.StreamReader,
) -> AsyncIterator[tuple[str | None, dict[str, Any]]]:
    """Yield each event that came whole: its id, and what its data say."""
    fields: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif line == b"\n":
            if "data" in fields:
                yield fields.get("id"), json.loads(fields["data"])
            fields = {}
