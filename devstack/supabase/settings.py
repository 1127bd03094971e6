"""What the Supabase stand-in reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import Bind, HttpUrl, Secrets, Settings


class StandInSettings(Settings):
    """Settings of the stand-in; an empty webhook address sends no webhooks."""

    #: The key that the services come with.
    supabase_service_role_key: SecretStr
    #: The key that browsers come with.
    vite_supabase_anon_key: SecretStr
    #: Signs the changes that it posts; the first of several.
    webhook_secret: Secrets = Field(min_length=1)
    #: Where the Supabase stand-in listens.
    supabase_standin_bind: Bind = "127.0.0.1:8004"
    #: Its tables and its signing key.
    supabase_standin_data_dir: Path
    #: Where it posts changes; empty sends none.
    supabase_standin_webhook_url: HttpUrl | None = None
    #: How long its access tokens are good.
    supabase_standin_token_seconds: int = Field(default=3600, gt=0)
