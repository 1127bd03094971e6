"""What the ingest service reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.peers import LOOPBACK
from shared.settings import Bind, BrokerSettings, Networks, Secrets, StrongSecrets


class IngestSettings(BrokerSettings):
    """Settings of the ingest service; times in the unit that the name says."""

    webhook_secret: Secrets = Field(min_length=1)
    webhook_tolerance_seconds: float = Field(default=300, gt=0)
    webhook_allow_static_header: bool = False
    submissions_table: str = "submissions"
    #: pg_net's trigger gives up after 1,000 ms; the rest is for the way there and back.
    confirm_deadline_ms: int = Field(default=700, gt=0)
    max_body_bytes: int = Field(default=1_048_576, gt=0)
    ingest_data_dir: Path | None = None
    spool_max_bytes: int = Field(default=268_435_456, gt=0)
    spool_max_age_seconds: float = Field(default=604_800, gt=0)
    #: For the head of a request, and for its body.
    read_deadline_seconds: float = Field(default=10, gt=0)
    max_refused_per_minute: int = Field(default=60, ge=1)
    trusted_proxies: Networks = LOOPBACK
    ingest_bind: Bind = "127.0.0.1:8001"
    ingest_workers: int = Field(default=2, ge=1)
    ingest_connections: int = Field(default=1_000, ge=1)
    #: Without one there is no endpoint for Mailgun's webhooks.
    mailgun_webhook_signing_key: Secrets = ()
    #: Mailgun's last retry comes some eight hours after the first attempt and, for all
    #: that is known, with its signature; the rest is for delays on Mailgun's side.
    mailgun_webhook_max_age_seconds: float = Field(default=43_200, gt=0)
    #: Without one there is no endpoint for the links in mails that end them.
    unsubscribe_secret: StrongSecrets = ()

    @property
    def data_dir(self) -> Path:
        """Return the folder of the spool and of the tokens that were used.

        Where none is given it is the state folder: what waits for one bus must not be
        drained into another.
        """
        return self.ingest_data_dir or self.state_folder("ingest")
