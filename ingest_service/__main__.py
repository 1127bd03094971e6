"""Run the ingest service: check the settings, then become gunicorn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ingest_service.settings import IngestSettings
from shared import logs
from shared.startup import begin

WEAKER = (
    "X-Webhook-Secret is the secret itself: whoever can read the database's triggers "
    "or its dumps has it, and it vouches for no body; sign instead where you can"
)


def main() -> None:
    """Replace this process by gunicorn; exit 1 where the settings are wrong."""
    settings = begin("ingest_service", IngestSettings, os.environ)
    if settings.webhook_allow_static_header:
        logs.get(__name__).warning("secret.static-header-allowed", reason=WEAKER)
    sys.stdout.flush()
    config = Path(__file__).with_name("gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    os.execv(sys.executable, command)  # noqa: S606 # our own interpreter, fixed words


if __name__ == "__main__":
    main()
