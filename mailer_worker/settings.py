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

    #: The ledger: `sqlite:////path/to/file` on a disk of this machine, or
    #: `postgresql://…`, which several mailers share.
    #: Default: a file in `~/.local/state/melotech/mailer-…`, one for each broker's
    #: address
    mailer_database_url: DatabaseUrl | None = None
    #: For how long what has ended is remembered.
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

    #: Where addresses are looked up.
    supabase_url: HttpUrl
    #: To look them up.
    supabase_service_role_key: SecretStr
    #: A domain sending key is enough.
    mailgun_api_key: SecretStr
    #: A key that may read the domain's log of events, where the one above may only
    #: send: with it a mail in doubt is found out
    #: ([operations.md](operations.md#a-mail-in-doubt)).
    #: Default: the key above
    mailgun_log_api_key: SecretStr | None = None
    #: The sending domain.
    mailgun_domain: str
    #: The sender, with or without a name.
    mailgun_from_email: Annotated[str, AfterValidator(_sender)]
    #: `https://api.eu.mailgun.net` for the EU region.
    mailgun_base_url: HttpUrl = "https://api.mailgun.net"
    #: How long Mailgun may take to begin its answer, and again to end it.
    mailgun_timeout_seconds: float = Field(default=20, gt=0)
    #: `o:testmode`: Mailgun takes the mails and delivers them to nobody.
    mailgun_test_mode: bool = False
    #: Where `/health` and `/ready` are.
    mailer_bind: Bind = "127.0.0.1:8003"
    #: Calls to Mailgun at once; three times as many changes are in hand.
    mailer_senders: int = Field(default=16, ge=1, le=256)
    #: How long a status must stand before it is mailed; 0: every change is mailed at
    #: once.
    mail_settle_seconds: float = Field(default=10, ge=0, le=86_400)
    # Mailgun's log is filled with a delay.
    #: How old a mail in doubt must be for its absence from Mailgun's log to prove that
    #: it was never taken.
    mail_lookup_trusted_seconds: float = Field(default=1_800, ge=0)
    #: After how long a mail in doubt is sent again where the log cannot be read, come
    #: what may.
    mail_uncertain_seconds: float = Field(default=7_200, ge=0)
    #: A folder of your own templates ([mails.md](mails.md)).
    mail_templates_dir: Path | None = None
    #: The first of these secrets signs the links that end the mails; ingest needs the
    #: same ones. Without one there are no such links.
    unsubscribe_secret: StrongSecrets = ()
    #: The edge as artists reach it, where the links that end the mails lead; without it
    #: there are no such links.
    public_url: HttpUrl | None = None
