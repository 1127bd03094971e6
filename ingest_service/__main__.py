"""Run the ingest service: check the settings, then become gunicorn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ingest_service.settings import IngestSettings
from shared.startup import begin


def main() -> None:
    """Replace this process by gunicorn; exit 1 where the settings are wrong."""
    begin("ingest_service", IngestSettings, os.environ)
    sys.stdout.flush()
    config = Path(__file__).with_name("gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    os.execv(sys.executable, command)  # noqa: S606 # our own interpreter, fixed words


if __name__ == "__main__":
    main()
