"""What the gateway reads from the environment."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import Field, SecretStr

from shared.peers import LOOPBACK
from shared.settings import Bind, BrokerSettings, HttpUrl, Networks, Origins


class GatewaySettings(BrokerSettings):
    """Settings of the gateway; times in seconds, sizes in bytes."""

    #: The project, for its keys (JWKS) and its `users`.
    supabase_url: HttpUrl
    #: To read `users`; `sb_secret_…` or the legacy JWT.
    supabase_service_role_key: SecretStr
    #: Only for projects that sign tokens with HS256.
    supabase_jwt_secret: SecretStr | None = None
    #: The `aud` that a token must have.
    supabase_jwt_audience: str = "authenticated"
    #: Pages that may open sockets and read `/api` and `/health`, comma-separated;
    #: clients without an Origin (phones, servers) always may.
    allowed_origins: Origins = ()
    #: Networks of proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Networks = LOOPBACK
    #: The table that `/api/submissions` reads what the change log lacks from.
    submissions_table: str = "submissions"
    #: Where to listen.
    gateway_bind: Bind = "127.0.0.1:8002"
    #: How `/health` calls this gateway.
    #: Default: the host's name
    gateway_name: str = Field(default_factory=socket.gethostname)
    #: Folder of the change log (a copy of the stream; may be lost); several gateways
    #: may share it, each takes a place of its own.
    gateway_data_dir: Path

    #: How far back a client can resume.
    history_days: float = Field(default=7, gt=0)
    #: What the change log may use on disk; the oldest events go first.
    history_bytes: int = Field(default=2_000_000_000, ge=1_000_000)

    #: Connections of this gateway (4100).
    max_connections: int = Field(default=20_000, gt=0)
    #: Connections of one person at this gateway (4100).
    max_connections_per_user: int = Field(default=1_000, gt=0)
    #: Connections from one address, as a trusted proxy tells it (4100).
    max_connections_per_address: int = Field(default=1_000, gt=0)
    #: Upgrades, with bursts of twice that (HTTP 503 with `Retry-After`).
    max_handshakes_per_second: float = Field(default=500, gt=0)
    #: What a client may say, with bursts of twice that (4101).
    max_messages_per_second: float = Field(default=10, gt=0)
    #: The longest message of a client, its token included (1009).
    max_message_bytes: int = Field(default=4_096, gt=0)
    #: How long a socket may stay silent at first (4001).
    auth_deadline_seconds: float = Field(default=10, gt=0)
    #: Requests of one person to `/api`, with bursts of twice that (HTTP 429).
    max_requests_per_second: float = Field(default=20, gt=0)
    #: How often Supabase is asked whether who is connected may still be.
    recheck_seconds: float = Field(default=300, gt=0)

    #: Between pings; a peer that does not answer until the next one is cut off.
    ping_interval_seconds: float = Field(default=25, gt=0)
    #: Compress for clients that offer it: one compressed frame for a whole room.
    websocket_deflate: bool = True
    #: Collect updates for so long before they are sent; 0: until the end of the loop's
    #: turn.
    flush_interval_ms: float = Field(default=0, ge=0, le=1_000)
    #: What may wait for a slow client; past it the client lags, and catches up from the
    #: change log.
    max_write_buffer_bytes: int = Field(default=1_048_576, gt=0)
    #: How many events a client may lag behind before it is closed with 4201.
    max_lag_events: int = Field(default=10_000, gt=0)
    #: For how long a client may lag before it is closed with 4201.
    max_lag_seconds: float = Field(default=30, gt=0)
    #: Over how long a gateway that is stopped sends its clients elsewhere.
    drain_seconds: float = Field(default=3, ge=0)
