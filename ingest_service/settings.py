"""What the ingest service reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

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
    #: Without one there is no endpoint for Mailgun's webhooks.
    mailgun_webhook_signing_key: Secrets = ()
    #: Mailgun's last retry comes some eight hours after the first attempt and, for all
    #: that is known, with its signature; the rest is for delays on Mailgun's side.
    mailgun_webhook_max_age_seconds: float = Field(default=43_200, gt=0)
    ingest_data_dir: Path | None = Field(default=None, validate_default=True)

    @field_validator("ingest_data_dir")
    @classmethod
    def _has_room(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and info.data.get("mailgun_webhook_signing_key"):
            raise ValueError("is missing (MAILGUN_WEBHOOK_SIGNING_KEY needs it)")
        return value
