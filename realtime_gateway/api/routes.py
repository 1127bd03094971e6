"""The addresses below `/api`: who asks is known first, then the answer is for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from aiohttp import web

from realtime_gateway.api import events, figures, histories, submissions
from realtime_gateway.api.callers import Caller, Callers
from realtime_gateway.api.problems import too_many, unavailable
from realtime_gateway.api.sources import Sources
from realtime_gateway.protocol import Auth

#: Requests under way at once; what each may hold in memory is bounded too.
MAX_UNDER_WAY = 64
#: Of one person, so that a few cannot keep the others out.
MAX_UNDER_WAY_EACH = 4

Endpoint = Callable[[web.Request, Caller, Sources], Awaitable[web.StreamResponse]]

ENDPOINTS: dict[str, Endpoint] = {
    "/api/submissions": submissions.show,
    "/api/submissions/{id}/history": histories.show,
    "/api/stats": figures.show,
}
#: Serves Server-Sent Events until one side ends them.
Stream = Callable[[web.Request, Caller, Auth], Awaitable[web.StreamResponse]]


class Api:
    """The endpoints, and the census that one of them tells of."""

    def __init__(self, callers: Callers, sources: Sources, stream: Stream) -> None:
        self._callers = callers
        self._sources = sources
        self._stream = stream
        self._under_way: Counter[str] = Counter()

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        for path, endpoint in ENDPOINTS.items():
            app.router.add_get(path, partial(self._answer, endpoint))
        # The headers of a stream alone would promise a body that goes on for ever.
        app.router.add_get("/api/events", self._events, allow_head=False)
        app.cleanup_ctx.append(self._keep_census)

    async def _answer(
        self, endpoint: Endpoint, request: web.Request
    ) -> web.StreamResponse:
        caller = await self._caller(request)
        with self._turn(caller):
            return await endpoint(request, caller, self._sources)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if not events.asks_for_stream(request):
            return await self._answer(events.show, request)
        caller = await self._caller(request)
        # A stream lasts for hours and is counted with the sockets.
        return await self._stream(request, caller, events.asked_for(request))

    async def _caller(self, request: web.Request) -> Caller:
        if not self._sources.is_ready():
            # Neither what it has nor whom it lets in is complete yet.
            raise unavailable("this gateway still reads the stream")
        return await self._callers.of(request)

    @contextmanager
    def _turn(self, caller: Caller) -> Iterator[None]:
        subject = caller.identity.subject
        if self._under_way[subject] >= MAX_UNDER_WAY_EACH:
            raise too_many("too many of your requests are under way")
        if self._under_way.total() >= MAX_UNDER_WAY:
            raise unavailable("too many requests are under way")
        self._under_way[subject] += 1
        try:
            yield
        finally:
            self._under_way[subject] -= 1
            if not self._under_way[subject]:
                del self._under_way[subject]

    async def _keep_census(self, app: web.Application) -> AsyncIterator[None]:
        keeping = asyncio.create_task(self._sources.census.keep())
        yield
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
