"""`GET /api/stats`: what goes on, in figures."""

from __future__ import annotations

import time

import msgspec
from aiohttp import web

from realtime_gateway.api import parameters, stats
from realtime_gateway.api.callers import Caller
from realtime_gateway.api.census import MAX_MINUTES
from realtime_gateway.api.sources import Sources, answer
from realtime_gateway.api.stats import Window

PARAMETERS = ("minutes",)
DEFAULT_MINUTES = 60


async def show(
    request: web.Request, caller: Caller, sources: Sources
) -> web.StreamResponse:
    """Answer with the figures of the caller's scope; raise Problem."""
    given = parameters.read(request.query.items(), PARAMETERS)
    minutes = parameters.whole_number(
        given, "minutes", default=DEFAULT_MINUTES, at_most=MAX_MINUTES
    )
    window = Window(now=time.time(), minutes=minutes)
    scope = caller.scope
    found = await sources.read(lambda db: stats.stats_of(db, scope, window))
    if scope.is_whole:
        connections = sources.census.since(window.names[0])
        found = msgspec.structs.replace(found, connections=connections)
    return answer(found)
