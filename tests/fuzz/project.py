"""A project's key set, served over HTTP, and verifiers that fetch it."""

from __future__ import annotations

import asyncio
import functools
import time

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from realtime_gateway.access import LATEST, TokenExpired, TokenRefused
from realtime_gateway.tokens import TokenVerifier
from shared.supabase import JWKS_PATH
from tests.fuzz import signers

AUDIENCE = "authenticated"


class Project:
    """Two verifiers, the second without the secret of HS256."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._verifiers = self._loop.run_until_complete(self._start())

    def outcomes(self, token: str) -> list[bool]:
        """Return whether each accepts the token."""
        return self._loop.run_until_complete(self._ask(token))

    def close(self) -> None:
        """Stop serving."""
        self._loop.run_until_complete(self._session.close())
        self._loop.run_until_complete(self._server.close())
        self._loop.close()

    async def _ask(self, token: str) -> list[bool]:
        return [await _is_accepted(each, token) for each in self._verifiers]

    async def _start(self) -> list[TokenVerifier]:
        app = web.Application()
        app.router.add_get(JWKS_PATH, _key_set)
        self._server = TestServer(app)
        await self._server.start_server()
        self._session = aiohttp.ClientSession()
        url = str(self._server.make_url("")).rstrip("/")
        return [
            TokenVerifier(
                self._session, supabase_url=url, audience=AUDIENCE, secret=secret
            )
            for secret in (signers.SECRET, None)
        ]


async def _key_set(_request: web.Request) -> web.Response:
    return web.json_response({"keys": signers.key_set()})


async def _is_accepted(verifier: TokenVerifier, token: str) -> bool:
    try:
        identity = await verifier.verify(token)
    except (TokenRefused, TokenExpired):
        return False
    assert identity.subject
    assert identity.subject.isprintable()
    assert time.time() - 1 < identity.expires_at <= LATEST
    return True


#: One for all, until it is stopped.
started = functools.cache(Project)


def stop() -> None:
    """Close the one that has been started."""
    started().close()
    started.cache_clear()
