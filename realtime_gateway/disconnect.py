"""`POST /admin/disconnect`: an operator sends somebody away, from every gateway.

The order goes over the bus, so that the other gateways, and those that start later,
carry it out as well.
"""

from __future__ import annotations

import asyncio
import hmac
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec
from aiohttp import hdrs, web

from realtime_gateway.api.problems import problem
from shared import logs
from shared.amqp.link import Link
from shared.amqp.message import Message
from shared.amqp.single import publish_once
from shared.errors import NotPublished
from shared.events import ACCESS_REVOKED, RevocationData, RevocationEvent

log = logs.get(__name__)

#: In seconds.
BODY_DEADLINE = 5.0
PUBLISH_TIMEOUT = 3.0


class _Order(RevocationData, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of the fields."""


_decoder = msgspec.json.Decoder(_Order)


class Disconnect:
    """The endpoint; `carry_out` ends connections here and returns how many."""

    def __init__(
        self,
        link: Link,
        *,
        service_key: str,
        source: str,
        carry_out: Callable[[RevocationEvent], int],
    ) -> None:
        self._link = link
        self._service_key = service_key.encode()
        self._source = source
        self._carry_out = carry_out

    async def handle(self, request: web.Request) -> web.Response:
        """End the connections that the body names, and void their owners' tokens."""
        if not self._is_operator(request):
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "the service key is needed",
                {"WWW-Authenticate": "Bearer"},
            )
        order = await _read(request)
        if isinstance(order, web.Response):
            return order
        event = RevocationEvent(
            id=f"evt_{uuid.uuid4().hex}",
            source=self._source,
            type=ACCESS_REVOKED,
            subject=order.user_id or order.room or order.connection_id or "",
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            data=order,
        )
        ended = self._carry_out(event)
        log.info("access.revoked", event_id=event.id, connections=ended)
        try:
            await publish_once(self._link, Message.of(event), timeout=PUBLISH_TIMEOUT)
        except NotPublished:
            detail = f"{ended} ended here; the other gateways could not be told"
            headers = {"Retry-After": "5"}
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers)
        return web.json_response({"disconnected": ended, "event_id": event.id})

    def _is_operator(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        key = given.strip().encode() if scheme.lower() == "bearer" else b""
        return hmac.compare_digest(key, self._service_key)


async def _read(request: web.Request) -> RevocationData | web.Response:
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            body = await request.read()
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "the body did not come")
    try:
        order = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error)[:200])
    named = [v for v in (order.user_id, order.room, order.connection_id) if v]
    if len(named) != 1:
        detail = "name exactly one of user_id, room, connection_id"
        return problem(HTTPStatus.BAD_REQUEST, detail)
    return order
