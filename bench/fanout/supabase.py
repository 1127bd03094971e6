"""The Supabase stand-in of a run, and what a gateway must know to work with it."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from bench.programs import Program
from devstack.free_port import free_port
from devstack.session import Project, sign_in
from devstack.supabase.seed import PASSWORD

ADMIN = "admin@melotech.test"
#: No limit of the gateway may stand in the way of a few thousand clients of one user.
UNLIMITED = {
    "MAX_CONNECTIONS": "100000",
    "MAX_CONNECTIONS_PER_USER": "100000",
    "MAX_CONNECTIONS_PER_ADDRESS": "100000",
    "MAX_HANDSHAKES_PER_SECOND": "100000",
}


class Supabase:
    """A stand-in with random keys that ends with its `with` block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._service_key = secrets.token_urlsafe(24)
        self._anon_key = secrets.token_urlsafe(24)
        self._port = free_port()
        self._program = Program(
            ["devstack.supabase"],
            port=self._port,
            environ={
                "SUPABASE_SERVICE_ROLE_KEY": self._service_key,
                "VITE_SUPABASE_ANON_KEY": self._anon_key,
                "WEBHOOK_SECRET": secrets.token_hex(32),
                "SUPABASE_STANDIN_BIND": f"127.0.0.1:{self._port}",
                "SUPABASE_STANDIN_DATA_DIR": str(folder),
                "SUPABASE_STANDIN_TOKEN_SECONDS": "86400",
            },
            log=folder / "log",
        )

    def gateway(self, port: int, bus_url: str, folder: Path) -> dict[str, str]:
        """Return the environment of a gateway that trusts this project."""
        return UNLIMITED | {
            "RABBITMQ_URL": bus_url,
            "SUPABASE_URL": f"http://127.0.0.1:{self._port}",
            "SUPABASE_SERVICE_ROLE_KEY": self._service_key,
            "GATEWAY_BIND": f"127.0.0.1:{port}",
            "GATEWAY_DATA_DIR": str(folder / "data"),
        }

    def token(self) -> str:
        """Sign in as the admin; return the access token."""
        return asyncio.run(self._sign_in())

    async def _sign_in(self) -> str:
        url = f"http://127.0.0.1:{self._port}"
        project = Project(url=url, anon_key=self._anon_key)
        async with aiohttp.ClientSession() as session:
            return await sign_in(session, project, ADMIN, PASSWORD)

    def __enter__(self) -> Self:
        """Wait until it answers."""
        try:
            self._program.wait_ready()
        except BaseException:
            self._program.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._program.stop()
