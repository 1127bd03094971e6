"""What the ingest service reads from the environment."""

from __future__ import annotations

from pydantic import Field

from shared.settings import Bind, BrokerSettings, Secrets


class IngestSettings(BrokerSettings):
    """Settings of the ingest service; times in the unit that the name says."""

    webhook_secret: Secrets = Field(min_length=1)
    webhook_tolerance_seconds: float = Field(default=300, gt=0)
    submissions_table: str = "submissions"
    #: pg_net's trigger gives up after 1,000 ms; the rest is for the way there and back.
    confirm_deadline_ms: int = Field(default=700, gt=0)
    max_body_bytes: int = Field(default=1_048_576, gt=0)
    ingest_bind: Bind = "127.0.0.1:8001"
    ingest_workers: int = Field(default=2, ge=1)
    ingest_connections: int = Field(default=1_000, ge=1)
