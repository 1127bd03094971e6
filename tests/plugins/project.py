"""A Supabase project whose signing keys a test can rotate: JWKS and users."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Project:
    """Signs tokens as ES256 first, and as RS256 too once it has rotated."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, PrivateKey]] = {
            "ES256": ("key-1", ec.generate_private_key(ec.SECP256R1()))
        }
        self.hangs = False
        app = web.Application()
        app.router.add_get("/auth/v1/.well-known/jwks.json", self._jwks)
        app.router.add_get("/rest/v1/users", self._users)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        """Return the address of the project."""
        return str(self.server.make_url("")).rstrip("/")

    def rotate(self) -> None:
        """Add an RSA key to the set."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._keys["RS256"] = ("key-2", key)

    def token(self, algorithm: str, *, kid: str | None = None) -> str:
        """Return an admin's token signed with the key of this algorithm."""
        name, key = self._keys[algorithm]
        claims = {
            "sub": str(uuid.uuid4()),
            "aud": "authenticated",
            "role": "authenticated",
            "exp": time.time() + 600,
            "app_metadata": {"role": "admin"},
        }
        return jwt.encode(claims, key, algorithm, headers={"kid": kid or name})

    async def _jwks(self, request: web.Request) -> web.Response:
        while self.hangs:
            await asyncio.sleep(0.05)
        return web.json_response({"keys": [self._public(a) for a in self._keys]})

    async def _users(self, request: web.Request) -> web.Response:
        return web.json_response([])

    def _public(self, algorithm: str) -> dict[str, Any]:
        name, key = self._keys[algorithm]
        kind = jwt.get_algorithm_by_name(algorithm)
        public: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
        return public | {"kid": name, "alg": algorithm, "use": "sig"}


@pytest.fixture
async def project() -> AsyncIterator[Project]:
    """A project of the test's own."""
    made = Project()
    await made.server.start_server()
    yield made
    made.hangs = False
    await made.server.close()
