"""How many may come, from where and how fast; and how many were sent away."""

from __future__ import annotations

import time
from collections import Counter

from aiohttp import WebSocketError, WSCloseCode, hdrs, web

from realtime_gateway.admission import Refusal
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.settings import GatewaySettings
from shared.peers import client_address
from shared.throttle import Throttle, Throttles

#: Addresses that share the handshakes of a second, when each asks for all it can.
ADDRESSES = 4
TOO_BIG = WSCloseCode.MESSAGE_TOO_BIG


class Limits:
    """Count what is open and refuse what is too much.

    `refused` counts by name: connections, address, user, handshakes, messages,
    message_size, origin, and the close codes that were sent.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        rate = settings.max_handshakes_per_second
        self._handshakes = Throttle(rate, now=time.monotonic())
        self._handshakes_each = Throttles(rate / ADDRESSES)
        self._open = 0
        self._per_address: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    @property
    def open_count(self) -> int:
        """Return the open connections, those that have not said who they are too."""
        return self._open

    def address_of(self, request: web.Request) -> str | None:
        """Return the client's address as a trusted proxy tells it."""
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        trusted = self._settings.trusted_proxies
        return client_address(request.remote, forwarded, trusted)

    def allows_handshake(self, address: str | None) -> bool:
        """Count an upgrade that is asked for; tell whether there is time for it.

        One address has a part of it, so that its storm is not everybody's.
        """
        now = time.monotonic()
        allowed = (
            address is None or self._handshakes_each.allow(address, now)
        ) and self._handshakes.allow(now)
        if not allowed:
            self.refused["handshakes"] += 1
        return allowed

    def enter(self, address: str | None) -> None:
        """Count a connection in; `leave` must follow."""
        self._open += 1
        if address is not None:
            self._per_address[address] += 1

    def leave(self, address: str | None) -> None:
        """Count a connection out."""
        self._open -= 1
        if address is not None:
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]

    def check_connection(self, address: str | None) -> None:
        """Raise Refusal where the connection just counted is one too many."""
        if self._open > self._settings.max_connections:
            raise self._too_many("connections")
        allowed = self._settings.max_connections_per_address
        if address is not None and self._per_address[address] > allowed:
            raise self._too_many("address")

    def check_user(self, connections: int) -> None:
        """Raise Refusal where a person has so many connections already."""
        if connections >= self._settings.max_connections_per_user:
            raise self._too_many("user")

    def count_error(self, error: object) -> None:
        """Count what aiohttp refused on a socket: a message beyond its limit."""
        if isinstance(error, WebSocketError) and error.code == TOO_BIG:
            self.refused["message_size"] += 1

    def count_origin(self) -> None:
        """Count a page that may not open sockets here."""
        self.refused["origin"] += 1

    def _too_many(self, what: str) -> Refusal:
        self.refused[what] += 1
        detail = f"too many by {what}"
        return Refusal(CloseCode.TOO_MANY_CONNECTIONS, detail)
