"""Run the Mailgun stand-in."""

from __future__ import annotations

import os
import sys

from aiohttp import web

from devstack.mailgun.app import create_app
from devstack.mailgun.settings import StandInSettings
from shared import logs
from shared.address import host_and_port
from shared.errors import SettingsError

#: A hanging answer is not waited for at the end, in seconds.
SHUTDOWN_DEADLINE = 1.0


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    try:
        settings = StandInSettings.load(os.environ)
    except SettingsError as error:
        sys.exit(f"mailgun stand-in {error}")
    logs.configure("mailgun_standin", debug=settings.debug)
    host, port = host_and_port(settings.mailgun_standin_bind)
    web.run_app(
        create_app(settings),
        host=host,
        port=port,
        access_log=None,
        print=None,
        shutdown_timeout=SHUTDOWN_DEADLINE,
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()
