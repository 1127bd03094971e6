"""The doors to Supabase and Mailgun and the composer, out of the settings."""

from __future__ import annotations

from mailer_worker.composing import Composer
from mailer_worker.doubt import Patience
from mailer_worker.letters.rendering import Letters
from mailer_worker.mailgun.connections import Sessions
from mailer_worker.mailgun.log import Log
from mailer_worker.mailgun.messages import Messages, longest_call
from mailer_worker.recipients import Recipients
from mailer_worker.settings import MailerSettings
from mailer_worker.worker import Doors
from shared import logs

log = logs.get(__name__)


def patience(settings: MailerSettings) -> Patience:
    """Return how long what is waited for."""
    return Patience(
        lease=longest_call(settings.mailgun_timeout_seconds),
        trusted=settings.mail_lookup_trusted_seconds,
        give_up=settings.mail_uncertain_seconds,
    )


def doors(settings: MailerSettings) -> Doors:
    """Return the doors; nothing is connected yet."""
    key = settings.mailgun_api_key.get_secret_value()
    reading = settings.mailgun_log_api_key
    base_url = settings.mailgun_base_url
    recipients = Recipients(
        supabase_url=settings.supabase_url,
        service_key=settings.supabase_service_role_key.get_secret_value(),
    )
    messages = Messages(
        Sessions(key, base_url=base_url),
        base_url=base_url,
        domain=settings.mailgun_domain,
        sender=settings.mailgun_from_email,
        timeout=settings.mailgun_timeout_seconds,
        test_mode=settings.mailgun_test_mode,
    )
    events = Log(
        Sessions(reading.get_secret_value() if reading else key, base_url=base_url),
        base_url=base_url,
        domain=settings.mailgun_domain,
    )
    return Doors(
        recipient_of=recipients.recipient_of, send=messages.send, find=events.find
    )


def composer(settings: MailerSettings, letters: Letters) -> Composer:
    """Return the composer, and say where its mails will lack a link."""
    secrets = [secret.get_secret_value() for secret in settings.unsubscribe_secret]
    if not secrets or settings.public_url is None:
        missing = [] if secrets else ["UNSUBSCRIBE_SECRET"]
        missing += [] if settings.public_url else ["PUBLIC_URL"]
        log.warning("mails.no-unsubscribe-link", missing=missing)
    return Composer(
        letters,
        public_url=settings.public_url,
        link_key=secrets[0].encode() if secrets else None,
    )
