"""What asks Supabase goes nowhere else: the service key would go with it."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from realtime_gateway.access import TokenRefused
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.table import SubmissionsTable
from realtime_gateway.identity import UserDirectory
from realtime_gateway.tokens import TokenVerifier
from shared.errors import Transient

KEY = "sb_secret_of_this_test"


@pytest.fixture
async def elsewhere():
    """A server that keeps what it is asked for."""
    asked = []

    async def answer(request):
        asked.append(request)
        return web.json_response([])

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        yield server, asked


@pytest.fixture
async def project(elsewhere):
    """A project whose every answer leads there."""
    server, _ = elsewhere

    async def lead(request):
        raise web.HTTPTemporaryRedirect(server.make_url("/there"))

    app = web.Application()
    app.router.add_get("/{path:.*}", lead)
    async with TestServer(app) as leading:
        yield str(leading.make_url("")).rstrip("/")


async def test_redirect_of_supabase_is_not_followed(project, elsewhere):
    _, asked = elsewhere

    async with aiohttp.ClientSession() as session:
        users = UserDirectory(session, supabase_url=project, service_key=KEY)
        with pytest.raises(Transient):
            await users.user_of("somebody")
        with pytest.raises(Transient):
            await users.auth_user_of("somebody")
        table = SubmissionsTable(
            session, supabase_url=project, service_key=KEY, table="rows"
        )
        with pytest.raises(Transient):
            await table.has("a row", Scope(None))

    assert asked == []


async def test_keys_are_taken_from_the_project_alone(project, elsewhere):
    _, asked = elsewhere
    token = (
        "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ"  # {"alg": "ES256", "kid": "k"}
        ".e30.AAAA"
    )

    async with aiohttp.ClientSession() as session:
        verifier = TokenVerifier(session, supabase_url=project, audience="somebody")
        with pytest.raises((Transient, TokenRefused)):
            await verifier.verify(token)

    assert asked == []
