"""The gateway, wired: change log, feed, hub, admission, and the aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from aiohttp import web

from realtime_gateway.admission import Admission
from realtime_gateway.api.callers import Callers
from realtime_gateway.api.census import Census
from realtime_gateway.api.health import Health
from realtime_gateway.api.origins import allowed_origins, cors_headers
from realtime_gateway.api.problems import errors_as_problems
from realtime_gateway.api.requests import tell_request_id, told_requests
from realtime_gateway.api.routes import Api
from realtime_gateway.api.sources import Sources
from realtime_gateway.api.table import SubmissionsTable
from realtime_gateway.arrivals import Arrivals
from realtime_gateway.catch_up import CatchUp
from realtime_gateway.changelog import folder
from realtime_gateway.changelog.entries import Bookmark
from realtime_gateway.changelog.keeper import Keeper
from realtime_gateway.changelog.opening import opened
from realtime_gateway.changelog.reader import ChangeLogReader
from realtime_gateway.deliveries import Deliveries
from realtime_gateway.disconnect import Disconnect
from realtime_gateway.drain import Drain
from realtime_gateway.expiry import Expiry
from realtime_gateway.feed import Feed
from realtime_gateway.heartbeat import Heartbeat
from realtime_gateway.hub import Hub
from realtime_gateway.identity import UserDirectory
from realtime_gateway.limits import Limits
from realtime_gateway.metrics import Metrics
from realtime_gateway.recheck import Recheck
from realtime_gateway.revocation import Revocations
from realtime_gateway.revoker import Revoker
from realtime_gateway.services import Services
from realtime_gateway.settings import GatewaySettings
from realtime_gateway.sockets import Sockets
from realtime_gateway.streaming import Streams
from realtime_gateway.tokens import TokenVerifier
from shared.events import RevocationEvent
from shared.tracing.starting import start as start_traces

MAX_BODY = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What runs: the application, and the way to send everyone elsewhere first."""

    app: web.Application
    drain: Drain


@asynccontextmanager
async def running(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """Open everything, the feed already connecting; close it in the reverse order.

    Waits where the change log cannot be opened; raises FolderTaken.
    """
    async with AsyncExitStack() as stack:
        tracer = start_traces("realtime_gateway", settings)
        stack.push_async_callback(asyncio.to_thread, tracer.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        store = await _open_store(settings, stack)
        hub = Hub(
            position=store.position,
            last_event_id=store.last_event_id,
            flush_interval=settings.flush_interval_ms / 1_000,
            max_buffer=settings.max_write_buffer_bytes,
        )
        feed = Feed(
            settings.rabbitmq_url.get_secret_value(),
            store.keeper,
            bookmark=store.bookmark,
            on_events=hub.tell,
            on_rebuild=hub.forget,
        )
        stack.push_async_callback(feed.close)
        catch_up = CatchUp(
            store.reader,
            hub,
            max_events=settings.max_lag_events,
            max_seconds=settings.max_lag_seconds,
            on_damage=feed.file_unusable,
        )
        stack.push_async_callback(catch_up.close)
        services = _services(settings, session, stack, hub, feed, catch_up)
        admission = services.admission
        revoker = Revoker(
            feed.reader.link,
            admission.revocations,
            hub.connections,
            source=f"/gateways/{settings.gateway_name}",
            on_ended=admission.forget,
        )
        for event in store.revocations:
            admission.revocations.add(event)
        hub.open(
            on_behind=catch_up.start,
            on_revoked=revoker.carry_out,
            on_told=Deliveries(tracer, feed.caught_up.is_set),
        )
        store.keeper.open(on_lost=feed.file_lost, on_error=feed.file_unusable)
        feed.open()
        recheck = Recheck(
            admission,
            hub.connections,
            revoker.order,
            interval=settings.recheck_seconds,
        )
        recheck.open()
        stack.push_async_callback(recheck.close)
        service_key = settings.supabase_service_role_key.get_secret_value()
        disconnect = Disconnect(revoker, admission.users, service_key=service_key)
        sources = Sources(
            log=store.reader,
            table=_table(settings, session),
            users=admission.users,
            census=Census(hub.counts),
            is_ready=feed.caught_up.is_set,
            feed=feed,
        )
        app = _app(services, disconnect, sources, store.keeper)
        yield Gateway(app=app, drain=services.drain)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    keeper: Keeper
    reader: ChangeLogReader
    bookmark: Bookmark | None
    position: int
    last_event_id: str | None
    revocations: Sequence[RevocationEvent]


async def _open_store(settings: GatewaySettings, stack: AsyncExitStack) -> _Store:
    claim = await asyncio.to_thread(folder.claim, settings.gateway_data_dir)
    stack.callback(claim.release)
    changelog = await opened(claim.folder)
    bookmark, (position, last_event_id) = changelog.bookmark(), changelog.newest()
    reader = ChangeLogReader(changelog.path)
    keeper = Keeper(
        changelog,
        reader,
        history=timedelta(days=settings.history_days),
        max_bytes=settings.history_bytes,
    )
    stack.push_async_callback(keeper.close)
    stack.push_async_callback(asyncio.to_thread, reader.close)
    return _Store(
        keeper=keeper,
        reader=reader,
        bookmark=bookmark,
        position=position,
        last_event_id=last_event_id,
        revocations=changelog.revocations(),
    )


def _services(
    settings: GatewaySettings,
    session: aiohttp.ClientSession,
    stack: AsyncExitStack,
    hub: Hub,
    feed: Feed,
    catch_up: CatchUp,
) -> Services:
    interval = settings.ping_interval_seconds
    arrivals = Arrivals(hub, feed, catch_up, ping_interval=interval)
    stack.push_async_callback(arrivals.close)
    expiry, heartbeat = Expiry(), Heartbeat(interval)
    stack.callback(expiry.close)
    stack.callback(heartbeat.close)
    return Services(
        settings=settings,
        admission=_admission(settings, session),
        limits=Limits(settings),
        hub=hub,
        feed=feed,
        arrivals=arrivals,
        drain=Drain(),
        expiry=expiry,
        heartbeat=heartbeat,
    )


def _app(
    services: Services, disconnect: Disconnect, sources: Sources, keeper: Keeper
) -> web.Application:
    health = Health(services)
    settings = services.settings
    origins = allowed_origins(
        settings.allowed_origins, on_refused=services.limits.count_origin
    )
    app = web.Application(
        middlewares=[told_requests(), errors_as_problems(), origins],
        client_max_size=MAX_BODY,
    )
    app.router.add_get("/ws/{room:.*}", Sockets(services).handle, allow_head=False)
    app.router.add_get("/health", health.show)
    app.router.add_get("/ready", health.show_ready)
    app.router.add_get("/metrics", Metrics(services, health, keeper).show)
    app.router.add_post("/admin/disconnect", disconnect.handle)
    app.on_response_prepare.append(cors_headers(settings.allowed_origins))
    app.on_response_prepare.append(tell_request_id)
    callers = Callers(services.admission, rate=settings.max_requests_per_second)
    Api(callers, sources, Streams(services).serve).add_to(app)
    return app


def _table(
    settings: GatewaySettings, session: aiohttp.ClientSession
) -> SubmissionsTable:
    return SubmissionsTable(
        session,
        supabase_url=settings.supabase_url,
        service_key=settings.supabase_service_role_key.get_secret_value(),
        table=settings.submissions_table,
    )


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
    return Admission(tokens, users, Revocations())
