"""Run the Supabase stand-in."""

from __future__ import annotations

import os

from aiohttp import web

from devstack.supabase.app import create_app
from devstack.supabase.settings import StandInSettings
from shared.address import host_and_port
from shared.startup import begin


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("supabase_standin", StandInSettings, os.environ)
    host, port = host_and_port(settings.supabase_standin_bind)
    app = create_app(settings)
    web.run_app(app, host=host, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
