"""What the ingest service reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.peers import LOOPBACK
from shared.settings import Bind, BrokerSettings, Networks, Secrets, StrongSecrets


class IngestSettings(BrokerSettings):
    """Settings of the ingest service; times in the unit that the name says."""

    #: Secrets that sign webhooks, comma-separated while rotating; `whsec_…` or plain
    #: text, of at least 16 characters to be safe from guessing.
    webhook_secret: Secrets = Field(min_length=1)
    #: How far a Standard Webhooks timestamp may be from this server's clock, both ways.
    webhook_tolerance_seconds: float = Field(default=300, gt=0)
    #: Take unsigned webhooks with a secret's text in `X-Webhook-Secret`; weaker, see
    #: [supabase.md](supabase.md#webhooks-made-in-the-dashboard).
    webhook_allow_static_header: bool = False
    #: The table whose changes are taken.
    submissions_table: str = "submissions"
    # pg_net's trigger gives up after 1,000 ms; the rest is for the way there and back.
    #: How long the broker may take to confirm; Supabase's trigger gives up after 1,000.
    confirm_deadline_ms: int = Field(default=700, gt=0)
    #: Larger webhooks are answered 413.
    max_body_bytes: int = Field(default=1_048_576, gt=0)
    #: Folder of the spool and of the Mailgun tokens that were used, on a disk of this
    #: machine; all workers share it.
    #: Default: `~/.local/state/melotech/ingest-…`, one for each broker's address
    ingest_data_dir: Path | None = None
    #: What may wait in the spool; a webhook that does not fit is answered 503.
    spool_max_bytes: int = Field(default=268_435_456, gt=0)
    #: When the oldest event in the spool is older, no more are taken (503); none is
    #: ever dropped.
    spool_max_age_seconds: float = Field(default=604_800, gt=0)
    #: How long the head of a request may take, and its body (408).
    read_deadline_seconds: float = Field(default=10, gt=0)
    #: Unsigned or wrongly signed requests of one address, counted by each process
    #: (429); what is signed is never refused for its rate.
    max_refused_per_minute: int = Field(default=60, ge=1)
    #: Networks of proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Networks = LOOPBACK
    #: Where to listen.
    ingest_bind: Bind = "127.0.0.1:8001"
    #: Processes, each with a broker connection of its own.
    ingest_workers: int = Field(default=2, ge=1)
    #: Connections that each process holds open; more wait to be accepted.
    ingest_connections: int = Field(default=1_000, ge=1)
    #: Mailgun's HTTP webhook signing key (not the API key), comma-separated while
    #: rotating; without it there is no `/webhook/mailgun`.
    mailgun_webhook_signing_key: Secrets = ()
    # The rest after those hours is for delays on Mailgun's side.
    #: How old a signature of Mailgun's may be; its last retry comes 7.5 hours after the
    #: first attempt, perhaps with the same one.
    mailgun_webhook_max_age_seconds: float = Field(default=43_200, gt=0)
    #: Secrets of at least 16 characters that sign the links in mails that end them,
    #: comma-separated while rotating; the mailer's are the same; without one there is
    #: no `/unsubscribe/…`.
    unsubscribe_secret: StrongSecrets = ()

    @property
    def data_dir(self) -> Path:
        """Return the folder of the spool and of the tokens that were used.

        Where none is given it is the state folder: what waits for one bus must not be
        drained into another.
        """
        return self.ingest_data_dir or self.state_folder("ingest")
