"""What the Supabase stand-in reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import Bind, HttpUrl, Secrets, Settings


class StandInSettings(Settings):
    """Settings of the stand-in; an empty webhook address sends no webhooks."""

    supabase_service_role_key: SecretStr
    vite_supabase_anon_key: SecretStr
    webhook_secret: Secrets = Field(min_length=1)
    supabase_standin_bind: Bind = "127.0.0.1:8004"
    supabase_standin_data_dir: Path
    supabase_standin_webhook_url: HttpUrl | None = None
    supabase_standin_token_seconds: int = Field(default=3600, gt=0)
