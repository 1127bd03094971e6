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

    #: The key that it takes.
    mailgun_api_key: SecretStr
    #: The domain that it sends for.
    mailgun_domain: str
    #: Where the Mailgun stand-in listens.
    mailgun_standin_bind: Bind = "127.0.0.1:8025"
    #: Its inbox and its log of events.
    mailgun_standin_data_dir: Path
    #: `MAILGUN_API_KEY` is taken for a domain's sending key: it may send mails, and its
    #: requests for events are answered 403.
    mailgun_standin_sending_key_only: bool = False
    #: Where it tells what became of mails, signed with `MAILGUN_WEBHOOK_SIGNING_KEY`;
    #: empty sends none.
    mailgun_standin_webhook_url: HttpUrl | None = None
    #: Signs what it tells; the first of several.
    mailgun_webhook_signing_key: Secrets = ()
