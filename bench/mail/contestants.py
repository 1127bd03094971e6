"""Who takes part, and with which settings; data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OURS, SETTLING, POSTGRES, PLAIN = (
    "ours",
    "ours, settle 1 s",
    "ours, PostgreSQL",
    "plain",
)
DOMAIN, SENDER = "mg.bench.test", "Bench <bench@bench.test>"
API_KEY = "key-of-the-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A Python module; `settle` in seconds."""

    name: str
    module: str = "mailer_worker"
    settle: int = 0
    on_postgres: bool = False

    def environ(self, place: Place) -> Mapping[str, str]:
        """Return the settings of its process."""
        database = place.postgres if self.on_postgres else f"sqlite:///{place.ledger}"
        return {
            "RABBITMQ_URL": place.bus_url,
            "MAILGUN_BASE_URL": f"http://127.0.0.1:{place.mailgun_port}",
            "MAILGUN_API_KEY": API_KEY,
            "MAILGUN_DOMAIN": DOMAIN,
            "MAILGUN_FROM_EMAIL": SENDER,
            "MAILER_BIND": f"127.0.0.1:{place.port}",
            "MAILER_SENDERS": str(place.senders),
            "MAILER_DATABASE_URL": database,
            "MAIL_SETTLE_SECONDS": str(self.settle),
            "UNSUBSCRIBE_SECRET": "unsubscribe-links-of-the-bench",
            "PUBLIC_URL": "https://bench.test",
            # Never asked: every row has its own address and locale.
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SERVICE_ROLE_KEY": "none",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contestant finds everything in one sample."""

    bus_url: str
    mailgun_port: int
    port: int
    senders: int
    ledger: Path
    postgres: str


CONTESTANTS = (
    Contestant(name=OURS),
    Contestant(name=SETTLING, settle=1),
    Contestant(name=POSTGRES, on_postgres=True),
    Contestant(name=PLAIN, module="bench.mail.plain"),
)
