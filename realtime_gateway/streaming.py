"""Serve Server-Sent Events to a caller who has a seat already."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import HttpVersion11, hdrs, web

from realtime_gateway.access import AdminRoom, ArtistRoom
from realtime_gateway.admission import Refusal
from realtime_gateway.api.callers import Caller
from realtime_gateway.api.problems import Problem, unavailable
from realtime_gateway.api.requests import request_id_of
from realtime_gateway.event_stream import EventStream
from realtime_gateway.protocol import Auth
from realtime_gateway.services import Services
from shared import logs

log = logs.get(__name__)

HEADERS = {
    hdrs.CONTENT_TYPE: "text/event-stream",
    hdrs.CACHE_CONTROL: "no-store",
    # Proxies that collect an answer before they pass it on read this.
    "X-Accel-Buffering": "no",
}


class Streams:
    """The event streams of `/api/events`, counted and limited like sockets."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def serve(
        self, request: web.Request, caller: Caller, auth: Auth
    ) -> web.StreamResponse:
        """Send what the caller's room is told after `auth.since`, to either's end.

        Raises Problem.
        """
        if request.version < HttpVersion11:
            detail = "HTTP/1.1 is needed"
            raise Problem(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, detail)
        limits = self._services.limits
        address = limits.address_of(request)
        limits.enter(address)
        try:
            self._check(caller, address)
            return await self._stream(request, caller, auth)
        finally:
            limits.leave(address)

    def _check(self, caller: Caller, address: str | None) -> None:
        services, subject = self._services, caller.identity.subject
        if services.drain.closing:
            raise unavailable("this gateway is being stopped")
        try:
            services.limits.check_connection(address)
            services.limits.check_user(services.hub.connections_of(subject))
        except Refusal as refusal:
            headers = {"Retry-After": "5"}
            status = HTTPStatus.TOO_MANY_REQUESTS
            raise Problem(status, str(refusal), headers=headers) from None

    async def _stream(
        self, request: web.Request, caller: Caller, auth: Auth
    ) -> web.StreamResponse:
        services, seat, transport = self._services, caller.seat, request.transport
        answer = web.StreamResponse(headers=HEADERS)
        if transport is None:
            return answer  # gone before it began
        answer.enable_chunked_encoding()
        answer.force_close()  # what is not taken at the end must not meet a new request
        await answer.prepare(request)
        limit = services.settings.max_write_buffer_bytes
        outlet = EventStream(transport, max_buffer=limit)
        services.drain.add(outlet)
        subject = caller.identity.subject
        connection = services.connect(
            outlet,
            address=ArtistRoom(subject) if seat.artist_ids else AdminRoom(),
            seat=seat,
            identity=caller.identity,
            auth=auth,
        )
        name = connection.connection_id
        log.info(
            "stream.joined",
            connection_id=name,
            room=seat.kind,
            request_id=request_id_of(request),
        )
        try:
            await outlet.over()
        finally:
            services.disconnect(connection)
            services.drain.discard(outlet)
            outlet.let_go()
            services.hub.tally.count_end(outlet.ended_by)
            log.info("stream.left", connection_id=name)
        return answer
