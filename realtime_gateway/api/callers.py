"""Who asks, what they may see, and how often they may ask."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

from realtime_gateway.access import (
    AdminRoom,
    ArtistRoom,
    Identity,
    Seat,
    bearer_token,
)
from realtime_gateway.admission import Admission, Refusal
from realtime_gateway.api.problems import Problem, unavailable
from realtime_gateway.api.scope import Scope
from realtime_gateway.close_codes import CloseCode
from shared.throttle import Throttles

#: How long Supabase may take to say who it is, in seconds.
DEADLINE = 8.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a seat in a room: what the room is told, they may ask for."""

    identity: Identity
    seat: Seat

    @property
    def scope(self) -> Scope:
        """Return what they may see."""
        ids = self.seat.artist_ids
        return Scope(None if ids is None else tuple(ids))


class Callers:
    """Turn a request into its caller; `rate` is in requests a second for each."""

    def __init__(self, admission: Admission, *, rate: float) -> None:
        self._admission = admission
        self._rate = rate
        self._throttles = Throttles(rate)

    async def of(self, request: web.Request) -> Caller:
        """Return who asks; raise Problem."""
        token = _token_of(request)
        try:
            async with asyncio.timeout(DEADLINE):
                identity = await self._admission.identify(token)
                self._count(identity.subject)
                return Caller(identity, await self._seat(identity))
        except TimeoutError:
            raise unavailable("who it is took too long to find out") from None
        except Refusal as refusal:
            raise _problem_of(refusal) from None

    async def _seat(self, identity: Identity) -> Seat:
        try:
            return await self._admission.seat(AdminRoom(), identity)
        except Refusal as refusal:
            if refusal.code is not CloseCode.NOT_YOUR_ROOM:
                raise
        return await self._admission.seat(ArtistRoom(identity.subject), identity)

    def _count(self, subject: str) -> None:
        if not self._throttles.allow(subject, time.monotonic()):
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {self._rate:g} requests a second",
                headers={"Retry-After": str(math.ceil(1 / self._rate))},
            )


def _token_of(request: web.Request) -> str:
    token = bearer_token(request.headers.get(hdrs.AUTHORIZATION, ""))
    if not token:
        # RFC 6750, section 3.1: who has sent no token is told of no error.
        raise _unauthorized("an access token is needed", "Bearer")
    return token


def _problem_of(refusal: Refusal) -> Problem:
    match refusal.code:
        case CloseCode.NOT_YOUR_ROOM:
            return Problem(HTTPStatus.FORBIDDEN, "this is not yours to see")
        case CloseCode.TOKEN_EXPIRED:
            return _unauthorized(
                "the token has expired: come back with a fresh one",
                'Bearer error="invalid_token", error_description="expired"',
            )
        case CloseCode.TOKEN_REFUSED:
            return _unauthorized(
                "the token is not valid", 'Bearer error="invalid_token"'
            )
        case _:
            return unavailable("who it is cannot be found out just now")


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge}
    )
