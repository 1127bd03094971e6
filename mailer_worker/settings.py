"""What the mailer reads from the environment."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from shared.settings import Bind, BrokerSettings, HttpUrl


def _sender(value: str) -> str:
    if "@" not in parseaddr(value)[1]:
        raise ValueError("must be a mail address, with or without a name")
    return value


class MailerSettings(BrokerSettings):
    """Settings of the mailer; times in seconds."""

    supabase_url: HttpUrl
    supabase_service_role_key: SecretStr
    mailgun_api_key: SecretStr
    mailgun_domain: str
    mailgun_from_email: Annotated[str, AfterValidator(_sender)]
    #: https://api.eu.mailgun.net for domains in the EU region.
    mailgun_base_url: HttpUrl = "https://api.mailgun.net"
    mailgun_timeout_seconds: float = Field(default=20, gt=0)
    mailer_bind: Bind = "127.0.0.1:8003"
    mailer_senders: int = Field(default=16, ge=1, le=256)
