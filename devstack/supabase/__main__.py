"""Run the Supabase stand-in."""

from __future__ import annotations

import os
import sys

from aiohttp import web

from devstack.supabase.app import create_app
from devstack.supabase.settings import StandInSettings
from shared import logs
from shared.address import host_and_port
from shared.errors import SettingsError


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    try:
        settings = StandInSettings.load(os.environ)
    except SettingsError as error:
        sys.exit(f"supabase stand-in {error}")
    logs.configure("supabase_standin", debug=settings.debug)
    host, port = host_and_port(settings.supabase_standin_bind)
    app = create_app(settings)
    web.run_app(app, host=host, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
