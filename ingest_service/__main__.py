"""Run the ingest service: check the settings, then become gunicorn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ingest_service.settings import IngestSettings
from shared import logs
from shared.errors import SettingsError


def main() -> None:
    """Replace this process by gunicorn; exit 1 where the settings are wrong."""
    try:
        settings = IngestSettings.load(os.environ)
    except SettingsError as error:
        sys.exit(f"ingest_service {error}")
    logs.configure("ingest_service", debug=settings.debug)
    logs.get(__name__).info("service.starting", settings=settings.summary())
    sys.stdout.flush()
    config = Path(__file__).with_name("gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    os.execv(sys.executable, command)  # noqa: S606 # our own interpreter, fixed words


if __name__ == "__main__":
    main()
