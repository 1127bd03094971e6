"""Serve Server-Sent Events to a caller who has a seat already."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import HttpVersion11, hdrs, web

from realtime_gateway.access import Address, Identity, Seat
from realtime_gateway.admission import Refusal
from realtime_gateway.api.problems import problem
from realtime_gateway.event_stream import EventStream
from realtime_gateway.protocol import Auth
from realtime_gateway.services import Services
from shared import logs

log = logs.get(__name__)


async def stream(
    services: Services,
    request: web.Request,
    *,
    address: Address,
    seat: Seat,
    identity: Identity,
    auth: Auth,
) -> web.StreamResponse:
    """Send what the seat's room is told, after `auth.since`, until one side ends it."""
    transport = request.transport
    if request.version < HttpVersion11 or transport is None:
        return problem(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is needed")
    try:
        services.limits.check_user(services.hub.connections_of(identity.subject))
    except Refusal as refusal:
        headers = {"Retry-After": "5"}
        return problem(HTTPStatus.TOO_MANY_REQUESTS, str(refusal), headers)
    answer = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "text/event-stream",
            hdrs.CACHE_CONTROL: "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    answer.enable_chunked_encoding()
    await answer.prepare(request)
    outlet = EventStream(transport, max_buffer=services.settings.max_write_buffer_bytes)
    services.drain.add(outlet)
    connection = services.connect(
        outlet, address=address, seat=seat, identity=identity, auth=auth
    )
    log.info("stream.joined", connection_id=connection.connection_id, room=seat.kind)
    try:
        await outlet.over()
    finally:
        services.disconnect(connection)
        services.drain.discard(outlet)
        outlet.let_go()
        log.info("stream.left", connection_id=connection.connection_id)
    return answer
