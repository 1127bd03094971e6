"""Signing in to Supabase and opening a socket, the way a dashboard does it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10)
#: How long to wait for the first answer of a socket, in seconds.
WELCOME_DEADLINE = 20.0


class SignInFailed(Exception):
    """Supabase did not give a token; the text says what it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where to sign in, and with which publishable key."""

    url: str
    anon_key: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Project:
        """Return the project that the environment names; raise SignInFailed."""
        url = environ.get("VITE_SUPABASE_URL") or environ.get("SUPABASE_URL")
        key = environ.get("VITE_SUPABASE_ANON_KEY")
        if not url or not key:
            raise SignInFailed("set SUPABASE_URL and VITE_SUPABASE_ANON_KEY")
        return cls(url=url.rstrip("/"), anon_key=key)


async def sign_in(
    session: aiohttp.ClientSession, project: Project, email: str, password: str
) -> str:
    """Return an access token; raise SignInFailed."""
    try:
        async with session.post(
            f"{project.url}/auth/v1/token",
            params={"grant_type": "password"},
            headers={"apikey": project.anon_key},
            json={"email": email, "password": password},
            timeout=TIMEOUT,
        ) as answer:
            document = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise SignInFailed(f"{project.url}: {error!r}") from error
    if not isinstance(document, dict) or "access_token" not in document:
        raise SignInFailed(f"{project.url} answered {answer.status}")
    return str(document["access_token"])


async def join(
    ws: aiohttp.ClientWebSocketResponse, token: str, since: str | None = None
) -> dict[str, Any]:
    """Authenticate a fresh socket and return its welcome; raise ConnectionError."""
    message = {"type": "auth", "token": token}
    await ws.send_json(message | ({"since": since} if since else {}))
    async with asyncio.timeout(WELCOME_DEADLINE):
        first = await ws.receive()
    if first.type is not aiohttp.WSMsgType.TEXT:
        raise ConnectionError(f"closed with {ws.close_code} {first.extra or ''}")
    welcome: dict[str, Any] = json.loads(first.data)
    return welcome


def socket_url(base_url: str, room: str) -> str:
    """Return the address of a room: `admin`, or `artist:<id>`."""
    return f"{base_url.rstrip('/')}/ws/{room.replace(':', '/', 1)}"
