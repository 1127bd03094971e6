"""What the gateway reads from the environment."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import Field, SecretStr

from shared.peers import LOOPBACK
from shared.settings import Bind, BrokerSettings, HttpUrl, Networks, Origins


class GatewaySettings(BrokerSettings):
    """Settings of the gateway; times in seconds, sizes in bytes."""

    supabase_url: HttpUrl
    supabase_service_role_key: SecretStr
    #: Set it only for projects that still sign with HS256; the others need no secret.
    supabase_jwt_secret: SecretStr | None = None
    supabase_jwt_audience: str = "authenticated"
    #: Pages that may open sockets; clients without an Origin (phones, servers) may.
    allowed_origins: Origins = ()
    #: Proxies whose X-Forwarded-For is believed.
    trusted_proxies: Networks = LOOPBACK
    submissions_table: str = "submissions"
    gateway_bind: Bind = "127.0.0.1:8002"
    gateway_name: str = Field(default_factory=socket.gethostname)
    gateway_data_dir: Path

    history_days: float = Field(default=7, gt=0)
    history_bytes: int = Field(default=2_000_000_000, ge=1_000_000)

    max_connections: int = Field(default=20_000, gt=0)
    max_connections_per_user: int = Field(default=1_000, gt=0)
    max_connections_per_address: int = Field(default=1_000, gt=0)
    max_handshakes_per_second: float = Field(default=500, gt=0)
    max_messages_per_second: float = Field(default=10, gt=0)
    max_message_bytes: int = Field(default=4_096, gt=0)
    auth_deadline_seconds: float = Field(default=10, gt=0)
    max_requests_per_second: float = Field(default=20, gt=0)
    recheck_seconds: float = Field(default=300, gt=0)

    ping_interval_seconds: float = Field(default=25, gt=0)
    websocket_deflate: bool = True
    flush_interval_ms: float = Field(default=0, ge=0, le=1_000)
    max_write_buffer_bytes: int = Field(default=1_048_576, gt=0)
    max_lag_events: int = Field(default=10_000, gt=0)
    max_lag_seconds: float = Field(default=30, gt=0)
    drain_seconds: float = Field(default=3, ge=0)
