"""What the mailer reads from the environment."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from mailer_worker.ledger import engines
from shared.settings import Bind, BrokerSettings, HttpUrl, StrongSecrets


def _sender(value: str) -> str:
    if "@" not in parseaddr(value)[1]:
        raise ValueError("must be a mail address, with or without a name")
    return value


def _database(value: SecretStr) -> SecretStr:
    engines.usable(value.get_secret_value())
    return value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]


class LedgerSettings(BrokerSettings):
    """Where the ledger is, and for how many days it remembers what has ended."""

    mailer_database_url: DatabaseUrl | None = None
    mailer_ledger_days: float = Field(default=90, gt=0)

    @property
    def database_url(self) -> str:
        """Return the ledger's address.

        Where none is given it is a file in the state folder: what was sent for one bus
        says nothing about another.
        """
        if self.mailer_database_url is not None:
            return self.mailer_database_url.get_secret_value()
        return f"sqlite:///{self.state_folder('mailer') / 'ledger.sqlite3'}"


class MailerSettings(LedgerSettings):
    """Settings of the mailer; times in seconds."""

    supabase_url: HttpUrl
    supabase_service_role_key: SecretStr
    mailgun_api_key: SecretStr
    #: A key that may read Mailgun's log, where the one above may only send.
    mailgun_log_api_key: SecretStr | None = None
    mailgun_domain: str
    mailgun_from_email: Annotated[str, AfterValidator(_sender)]
    #: https://api.eu.mailgun.net for domains in the EU region.
    mailgun_base_url: HttpUrl = "https://api.mailgun.net"
    mailgun_timeout_seconds: float = Field(default=20, gt=0)
    #: Mailgun takes the mails and delivers them to nobody.
    mailgun_test_mode: bool = False
    mailer_bind: Bind = "127.0.0.1:8003"
    mailer_senders: int = Field(default=16, ge=1, le=256)
    #: How long a status must stand before it is mailed; 0: not at all.
    mail_settle_seconds: float = Field(default=10, ge=0, le=86_400)
    #: Mailgun's log is filled with a delay: how old a mail must be for its absence
    #: to prove that it was never taken.
    mail_lookup_trusted_seconds: float = Field(default=1_800, ge=0)
    #: Where the log cannot be read: after how long a mail of which nobody knows is
    #: sent again, come what may.
    mail_uncertain_seconds: float = Field(default=7_200, ge=0)
    mail_templates_dir: Path | None = None
    #: Signs the links by which artists unsubscribe; ingest needs the same.
    unsubscribe_secret: StrongSecrets = ()
    #: Where artists reach the edge.
    public_url: HttpUrl | None = None
