"""Check Supabase's access tokens here, without asking Supabase each time.

Asymmetric tokens (ES256, RS256) against the project's JWKS, which is kept and fetched
again for a key id that it lacks; HS256 only where the project's secret is set.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import jwt
from jwt import PyJWK

from realtime_gateway.access import Identity, TokenExpired, TokenRefused, identify
from shared import logs
from shared.errors import Transient
from shared.supabase import JWKS_PATH

log = logs.get(__name__)

#: Supabase lets clients keep the set for ten minutes.
JWKS_LIFETIME = 600.0
#: Unknown key ids are free to make up, so they may not make us ask more often.
JWKS_MIN_INTERVAL = 2.0
FETCH_TIMEOUT = aiohttp.ClientTimeout(total=5)
MAX_TOKEN_BYTES = 8_192
ASYMMETRIC = ("ES256", "RS256")
#: Clocks of two machines differ a little; a token must not be refused as too young.
LEEWAY = 5


class TokenVerifier:
    """Turn a token into an identity, or raise TokenRefused, TokenExpired, Transient."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        supabase_url: str,
        audience: str,
        secret: str | None = None,
    ) -> None:
        self._session = session
        self._jwks_url = f"{supabase_url}{JWKS_PATH}"
        self._audience = audience
        self._secret = secret
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> Identity:
        """Return whom the token speaks of.

        Raises Transient where the keys cannot be fetched and none that fits is known.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenRefused("the token is too long")
        header = _header(token)
        algorithm = header.get("alg")
        key = await self._key(algorithm, header.get("kid"))
        identity = identify(self._claims(token, key, str(algorithm)))
        if identity.expires_at <= time.time():
            raise TokenExpired("the token has expired")
        return identity

    def _claims(self, token: str, key: PyJWK | str, algorithm: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "sub"], "verify_iss": False},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired("the token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise TokenRefused(f"the token is not valid: {error}") from None
        return claims

    async def _key(self, algorithm: object, key_id: object) -> PyJWK | str:
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm not in ASYMMETRIC:
            raise TokenRefused("the token's algorithm is not allowed")
        if not isinstance(key_id, str):
            raise TokenRefused("the token names no key")
        key = await self._known(key_id)
        if key is None:
            raise TokenRefused("the token's key is not one of this project")
        if key.algorithm_name != algorithm:
            raise TokenRefused("the token's algorithm is not that of its key")
        return key

    async def _known(self, key_id: str) -> PyJWK | None:
        now = time.monotonic()
        key = self._keys.get(key_id)
        if key is not None:
            if now - self._fetched_at > JWKS_LIFETIME:
                # A known key is good while the set is fetched anew beside.
                self._refresh(now)
            return key
        refreshing = self._refresh(now)
        if refreshing is not None:
            await asyncio.shield(refreshing)
        if self._fetched_at < self._asked_at:
            raise Transient("the project's keys cannot be fetched")
        return self._keys.get(key_id)

    def _refresh(self, now: float) -> asyncio.Task[None] | None:
        """Return the fetch under way, a new one if it is time for one, else None."""
        running = self._refreshing is not None and not self._refreshing.done()
        if not running and now - self._asked_at >= JWKS_MIN_INTERVAL:
            self._asked_at = now
            self._refreshing = asyncio.create_task(self._fetch_and_keep())
            running = True
        return self._refreshing if running else None

    async def _fetch_and_keep(self) -> None:
        try:
            self._keys = await self._fetch()
            self._fetched_at = time.monotonic()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("jwks.unavailable", error=type(error).__name__)

    async def _fetch(self) -> dict[str, PyJWK]:
        async with self._session.get(
            self._jwks_url, timeout=FETCH_TIMEOUT, allow_redirects=False
        ) as answer:
            answer.raise_for_status()
            return keys_in(await answer.read())


def keys_in(body: bytes) -> dict[str, PyJWK]:
    """Return the usable keys of a key set by their ids; raise ValueError for none."""
    try:
        document = json.loads(body)
    except RecursionError as error:
        raise ValueError(str(error)) from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("the key set has no keys")
    return dict(filter(None, map(_usable, keys)))


def _header(token: str) -> dict[str, Any]:
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(f"not a token: {error}") from None
    return header


def _usable(entry: object) -> tuple[str, PyJWK] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    try:
        return entry["kid"], PyJWK(entry)
    except (jwt.PyJWTError, LookupError, ValueError, TypeError):
        return None
