"""The aiohttp application, wired: feed, hub, admission, sockets, health."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
from aiohttp import web

from realtime_gateway.admission import Admission
from realtime_gateway.api.health import Health
from realtime_gateway.api.origins import allowed_origins
from realtime_gateway.api.problems import errors_as_problems
from realtime_gateway.changelog import ChangeLog
from realtime_gateway.feed import Feed
from realtime_gateway.hub import Hub
from realtime_gateway.identity import UserDirectory
from realtime_gateway.session import Services
from realtime_gateway.settings import GatewaySettings
from realtime_gateway.sockets import Sockets
from realtime_gateway.tokens import TokenVerifier


async def create_app(settings: GatewaySettings) -> web.Application:
    """Return the application, its feed already connecting; its cleanup closes all."""
    changelog = await asyncio.to_thread(ChangeLog, settings.gateway_data_dir)
    hub = Hub(changelog)
    feed = Feed(
        settings.rabbitmq_url.get_secret_value(),
        changelog,
        history=timedelta(days=settings.history_days),
        on_events=hub.tell,
        on_rebuild=hub.forget,
    )
    session = aiohttp.ClientSession()
    admission = _admission(settings, session)
    sockets = Sockets(
        Services(settings=settings, admission=admission, hub=hub, feed=feed)
    )
    health = Health(feed, hub, sockets)

    app = web.Application(
        middlewares=[errors_as_problems(), allowed_origins(settings.allowed_origins)]
    )
    app.router.add_get("/ws/{room:.*}", sockets.handle, allow_head=False)
    app.router.add_get("/health", health.show)
    app.router.add_get("/ready", health.show_ready)

    async def drain(app: web.Application) -> None:
        await sockets.drain()

    async def close(app: web.Application) -> None:
        await feed.close()
        await session.close()
        await asyncio.to_thread(changelog.close)

    app.on_shutdown.append(drain)
    app.on_cleanup.append(close)
    feed.open()
    return app


def _admission(settings: GatewaySettings, session: aiohttp.ClientSession) -> Admission:
    secret = settings.supabase_jwt_secret
    tokens = TokenVerifier(
        session,
        supabase_url=settings.supabase_url,
        audience=settings.supabase_jwt_audience,
        secret=secret.get_secret_value() if secret else None,
    )
    users = UserDirectory(
        session,
        supabase_url=settings.supabase_url,
        service_key=settings.supabase_service_role_key.get_secret_value(),
    )
    return Admission(tokens, users)
