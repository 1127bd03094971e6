"""What every connection works with, however it came in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from realtime_gateway.access import Address, Identity, Seat
from realtime_gateway.admission import Admission
from realtime_gateway.arrivals import Arrivals
from realtime_gateway.connection import Connection
from realtime_gateway.drain import Drain
from realtime_gateway.expiry import Expiry
from realtime_gateway.feed import Feed
from realtime_gateway.heartbeat import Heartbeat
from realtime_gateway.hub import Hub
from realtime_gateway.limits import Limits
from realtime_gateway.outlet import Outlet
from realtime_gateway.pace import Pace
from realtime_gateway.protocol import Auth
from realtime_gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The gateway's parts, wired by app.py."""

    settings: GatewaySettings
    admission: Admission
    limits: Limits
    hub: Hub
    feed: Feed
    arrivals: Arrivals
    drain: Drain
    expiry: Expiry
    heartbeat: Heartbeat

    def connect(
        self,
        outlet: Outlet,
        *,
        address: Address,
        seat: Seat,
        identity: Identity,
        auth: Auth,
    ) -> Connection:
        """Admit a connection and welcome it; `disconnect` must follow."""
        stall = self.settings.max_lag_seconds
        rate, kind = auth.max_rate, seat.kind

        def sent() -> None:
            self.hub.tally.deliveries[kind] += 1

        connection = Connection(
            outlet,
            connection_id=uuid.uuid4().hex,
            address=address,
            seat=seat,
            identity=identity,
            wanted=auth.filter,
            pace=(
                Pace(outlet, max_rate=rate, max_stall=stall, on_sent=sent)
                if rate
                else None
            ),
        )
        self.hub.admit(connection)
        self.expiry.watch(connection)
        self.heartbeat.watch(outlet)
        self.arrivals.begin(connection, auth.since)
        return connection

    def disconnect(self, connection: Connection) -> None:
        """Let a connection go; doing so twice changes nothing."""
        self.expiry.forget(connection)
        self.heartbeat.forget(connection.outlet)
        self.arrivals.forget(connection)
        self.hub.leave(connection)
