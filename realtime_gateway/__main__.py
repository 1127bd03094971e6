"""Run the gateway."""

from __future__ import annotations

import os
import sys

from aiohttp import web

from realtime_gateway.app import create_app
from realtime_gateway.changelog import FolderTaken
from realtime_gateway.settings import GatewaySettings
from shared.address import host_and_port
from shared.startup import begin

#: Requests under way at SIGTERM may take this long, in seconds.
SHUTDOWN_DEADLINE = 8.0


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("realtime_gateway", GatewaySettings, os.environ)
    host, port = host_and_port(settings.gateway_bind)
    try:
        web.run_app(
            create_app(settings),
            host=host,
            port=port,
            access_log=None,
            print=None,
            shutdown_timeout=SHUTDOWN_DEADLINE,
        )
    except FolderTaken as error:
        sys.exit(f"realtime_gateway cannot start: {error}; set GATEWAY_DATA_DIR")


if __name__ == "__main__":
    main()
