"""Run the ingest service: check the settings, then become gunicorn."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from ingest_service.mailgun import tokens
from ingest_service.settings import IngestSettings
from shared import logs
from shared.settings import MIN_STRONG_LENGTH
from shared.startup import begin

log = logs.get(__name__)

WEAKER = (
    "X-Webhook-Secret is the secret itself: whoever can read the database's triggers "
    "or its dumps has it, and it vouches for no body; sign instead where you can"
)
SHORT = (
    f"a WEBHOOK_SECRET has fewer than {MIN_STRONG_LENGTH} characters: whoever has seen "
    "one signed webhook can find it by trying; choose a long random one"
)


def main() -> None:
    """Replace this process by gunicorn; exit 1 where the settings are wrong."""
    settings = begin("ingest_service", IngestSettings, os.environ)
    if settings.webhook_allow_static_header:
        log.warning("secret.static-header-allowed", reason=WEAKER)
    secrets = [secret.get_secret_value() for secret in settings.webhook_secret]
    if any(len(secret) < MIN_STRONG_LENGTH for secret in secrets):
        log.warning("secret.short", reason=SHORT)
    _prepare_mailgun(settings)
    if not settings.unsubscribe_secret:
        log.info("unsubscribe.no-endpoint", missing="UNSUBSCRIBE_SECRET")
    _allow_open_files()
    sys.stdout.flush()
    config = Path(__file__).with_name("gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    os.execv(sys.executable, command)  # noqa: S606 # nosec B606 # our own interpreter, fixed words


def _prepare_mailgun(settings: IngestSettings) -> None:
    if not settings.mailgun_webhook_signing_key:
        log.info("mailgun.no-endpoint", missing="MAILGUN_WEBHOOK_SIGNING_KEY")
        return
    try:
        tokens.prepare(settings.data_dir)
    except OSError as error:
        # Supabase's webhooks need no tokens, and are sent once only.
        log.error("tokens.unusable", reason=str(error), setting="INGEST_DATA_DIR")


def _allow_open_files() -> None:
    # Shells give 1,024 by custom: fewer than a worker's connections and files.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a second limit, below this one
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
