"""What the outbox relay reads from the environment."""

from __future__ import annotations

import re
from typing import Annotated

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, SecretStr

from shared.settings import Bind, BrokerSettings

#: Names, addresses or folders, and ports; several are parted by commas.
_HOSTS = re.compile(r"[\w.:/,-]*", re.ASCII)
_PORTS = re.compile(r"[0-9,]*")


def _database_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must be a postgresql:// address")
    # What psycopg says quotes the address, and at the latest when it connects it would
    # tell a log of a password's end as the name of a host.
    text = "is not usable: is the password percent-encoded?"
    try:
        parts = conninfo_to_dict(value.get_secret_value())
    except psycopg.Error:
        raise ValueError(text) from None
    ports = str(parts.get("port", ""))
    if not (_HOSTS.fullmatch(str(parts.get("host", ""))) and _PORTS.fullmatch(ports)):
        raise ValueError(text)
    return value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]


class RelaySettings(BrokerSettings):
    """Settings of the outbox relay; times in the unit that the name says."""

    #: `postgresql://` address of the database that has the outbox, with login.
    outbox_database_url: DatabaseUrl
    #: The table whose changes are taken; those of another are set aside.
    submissions_table: str = "submissions"
    # As at the webhooks' endpoints, so that both ways take the same.
    #: Larger payloads are set aside.
    max_body_bytes: int = Field(default=1_048_576, gt=0)
    #: Events that are read and locked at once.
    outbox_batch: int = Field(default=100, ge=1, le=500)
    #: How often to look where no notification comes; through a pooler in transaction
    #: mode none does.
    outbox_poll_seconds: float = Field(default=1, ge=0.05, le=60)
    #: Where `/health` and `/ready` are.
    relay_bind: Bind = "127.0.0.1:8005"
