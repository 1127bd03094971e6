"""What the gateway reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import Bind, BrokerSettings, HttpUrl, Names


class GatewaySettings(BrokerSettings):
    """Settings of the gateway; times in seconds, sizes in bytes."""

    supabase_url: HttpUrl
    supabase_service_role_key: SecretStr
    #: Set it only for projects that still sign with HS256; the others need no secret.
    supabase_jwt_secret: SecretStr | None = None
    supabase_jwt_audience: str = "authenticated"
    #: Pages that may open sockets; clients without an Origin (phones, servers) may.
    allowed_origins: Names = ()
    gateway_bind: Bind = "127.0.0.1:8002"
    gateway_data_dir: Path
    max_connections: int = Field(default=20_000, gt=0)
    max_connections_per_user: int = Field(default=20, gt=0)
    auth_deadline_seconds: float = Field(default=10, gt=0)
    ping_interval_seconds: float = Field(default=25, gt=0)
    max_write_buffer_bytes: int = Field(default=1_048_576, gt=0)
    max_messages_per_second: float = Field(default=10, gt=0)
    history_days: float = Field(default=7, gt=0)
