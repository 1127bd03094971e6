"""`POST /admin/disconnect`: an operator sends somebody away, from every gateway."""

from __future__ import annotations

import asyncio
import hmac
from http import HTTPStatus

import msgspec
from aiohttp import hdrs, web

from realtime_gateway.access import bearer_token
from realtime_gateway.api.problems import Problem, unavailable
from realtime_gateway.identity import UserDirectory
from realtime_gateway.revoker import Revoker
from shared import logs
from shared.errors import Misconfigured, NotPublished, Transient
from shared.events import RevocationData

log = logs.get(__name__)

#: In seconds.
BODY_DEADLINE = 5.0
MAX_LENGTH = 200


class _Order(RevocationData, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of the fields."""


_decoder = msgspec.json.Decoder(_Order)


class Disconnect:
    """The endpoint, for who has the service key."""

    def __init__(
        self, revoker: Revoker, users: UserDirectory, *, service_key: str
    ) -> None:
        self._revoker = revoker
        self._users = users
        self._service_key = service_key.encode()

    async def handle(self, request: web.Request) -> web.Response:
        """End the connections that the body names; raise Problem."""
        self._check_operator(request)
        order = await self._resolved(_order_of(await _body_of(request)))
        try:
            event, ended = await self._revoker.order(order)
        except NotPublished:
            detail = "ended here; the other gateways could not be told"
            raise unavailable(detail) from None
        return web.json_response({"disconnected": ended, "event_id": event.id})

    def _check_operator(self, request: web.Request) -> None:
        given = bearer_token(request.headers.get(hdrs.AUTHORIZATION, "")) or ""
        key = given.encode(errors="surrogateescape")
        if not hmac.compare_digest(key, self._service_key):
            headers = {"WWW-Authenticate": "Bearer"}
            detail = "the service key is needed"
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, headers=headers)

    async def _resolved(self, order: RevocationData) -> RevocationData:
        """Return the order with the auth id: an admin is known by that alone."""
        if order.user_id is None:
            return order
        try:
            user = await self._users.user_with_id(order.user_id)
        except (Transient, Misconfigured) as error:
            log.warning("access.not-resolved", reason=str(error))
            return order
        known = user is not None and user.authid is not None
        return RevocationData(user_id=user.authid) if known and user else order


async def _body_of(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            return await request.read()
    except TimeoutError:
        detail = "the body did not come"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail) from None


def _order_of(body: bytes) -> RevocationData:
    try:
        order = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, str(error)[:200]) from None
    named = [v for v in (order.user_id, order.room, order.connection_id) if v]
    if len(named) != 1 or len(named[0]) > MAX_LENGTH:
        detail = "name exactly one of user_id, room, connection_id"
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    return order
