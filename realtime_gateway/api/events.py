"""`GET /api/events`: what the caller's room is told, in pages or as it happens.

An empty page is the end for now; `next` is where to go on, then and later. Who accepts
`text/event-stream` gets Server-Sent Events, and may ask for what a socket may.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from aiohttp import hdrs, web

from realtime_gateway import protocol
from realtime_gateway.api import parameters, replay, snapshot
from realtime_gateway.api.callers import Caller
from realtime_gateway.api.problems import Problem
from realtime_gateway.api.replay import TYPES, Wanted
from realtime_gateway.api.sources import Sources, answer
from realtime_gateway.protocol import Auth
from shared.errors import Malformed

PARAMETERS = ("since", "limit", "type")
STREAM_PARAMETERS = ("since", "max_rate", *protocol.Wanted.__struct_fields__)


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """A page. Not `recovered`: `since` is unknown, fetch a fresh snapshot.

    Nothing is replayed then; what comes after `last_event_id` is what is to come.
    """

    recovered: bool
    items: Sequence[msgspec.Raw]
    next: str | None
    last_event_id: str | None


async def show(
    request: web.Request, caller: Caller, sources: Sources
) -> web.StreamResponse:
    """Answer with one page of events; raise Problem."""
    given = parameters.read(request.query.items(), PARAMETERS)
    since = parameters.text(given, "since")
    kind = parameters.choice(given, "type", TYPES)
    limit = parameters.page_size(given)
    newest = await sources.read(snapshot.newest_event_id)
    page = None
    position = 0 if since is None else await sources.position_of(since)
    if position is not None:
        wanted = Wanted(scope=caller.scope, type=kind, after=position, limit=limit)
        page = await sources.read(lambda db: replay.page_of(db, wanted))
    if page is None:
        lost = Events(recovered=False, items=[], next=newest, last_event_id=newest)
        return answer(lost)
    following = page.last_event_id or since
    return answer(
        Events(recovered=True, items=page.items, next=following, last_event_id=newest)
    )


def asks_for_stream(request: web.Request) -> bool:
    """Tell whether events are to be sent as they happen."""
    return "text/event-stream" in request.headers.get(hdrs.ACCEPT, "")


def asked_for(request: web.Request) -> Auth:
    """Return what a stream is asked for; raise Problem."""
    given = parameters.read(request.query.items(), STREAM_PARAMETERS)
    # What a browser sends when it comes back is newer than the address it was given.
    last = request.headers.get("Last-Event-ID")
    if last:
        given["since"] = last
    parameters.text(given, "since")
    try:
        return protocol.auth_of("", given)
    except Malformed as error:
        raise Problem(HTTPStatus.BAD_REQUEST, str(error)[:200]) from None
