"""Run the Mailgun stand-in."""

from __future__ import annotations

import os

from aiohttp import web

from devstack.mailgun.app import create_app
from devstack.mailgun.settings import StandInSettings
from shared.address import host_and_port
from shared.startup import begin

#: A hanging answer is not waited for at the end, in seconds.
SHUTDOWN_DEADLINE = 1.0


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("mailgun_standin", StandInSettings, os.environ)
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
