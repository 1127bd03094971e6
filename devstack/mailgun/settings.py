"""What the Mailgun stand-in reads from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from shared.settings import Bind, HttpUrl, Secrets, Settings


class StandInSettings(Settings):
    """Settings of the stand-in; without an address or a key it sends no webhooks.

    `mailgun_standin_sending_key_only`: the key is a domain's sending key, which may
    send mails and read nothing.
    """

    mailgun_api_key: SecretStr
    mailgun_domain: str
    mailgun_standin_bind: Bind = "127.0.0.1:8025"
    mailgun_standin_data_dir: Path
    mailgun_standin_sending_key_only: bool = False
    mailgun_standin_webhook_url: HttpUrl | None = None
    mailgun_webhook_signing_key: Secrets = ()
