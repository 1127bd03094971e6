"""The edge alone: Caddy with our Caddyfile on a port of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self, TypeVar

import aiohttp

from devstack.free_port import free_port
from tests.plugins.services import ROOT

DEADLINE = 10.0

T = TypeVar("T")


async def eventually(condition: Callable[[], Awaitable[T]]) -> T:
    """Return the condition's first true value; fail when it stays false."""
    async with asyncio.timeout(DEADLINE):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
        return found


class Edge:
    """The edge in front of gateways at these addresses, and a client of it.

    Without an address for `ingest` nobody answers for it. `environ` is added to what
    it is started with.
    """

    def __init__(
        self, folder: Path, *addresses: str, ingest: str | None = None, **environ: str
    ) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "edge.log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "EDGE_PORT": port,
            "GATEWAY_ADDRESS": " ".join(addresses),
            "INGEST_ADDRESS": ingest or f"127.0.0.1:{free_port()}",
            "DASHBOARD_ROOT": str(ROOT / "deploy" / "www"),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            **environ,
        }

    async def __aenter__(self) -> Self:
        caddy = Path(sys.executable).with_name("caddy")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(caddy), "run", "--config", str(ROOT / "deploy" / "Caddyfile")],
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(DEADLINE))
        await eventually(self._answers)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.close()
        self._process.terminate()
        self._process.wait(DEADLINE)

    def reload(self) -> None:
        """Make it read its file again."""
        self._process.send_signal(signal.SIGUSR1)

    async def _answers(self) -> bool:
        try:
            # Which needs no gateway.
            async with self.session.get(f"{self.url}/config.json") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def health(self, **headers: str) -> aiohttp.ClientResponse:
        """Return the answer of some gateway."""
        answer = await self.session.get(f"{self.url}/health", headers=headers)
        await answer.read()
        return answer

    async def socket(self) -> tuple[str, aiohttp.ClientWebSocketResponse]:
        """Return a new socket, and the first thing that it says."""
        ws = await self.session.ws_connect(f"{self.url}/ws/admin")
        return await ws.receive_str(timeout=DEADLINE), ws

    async def new_sockets(self, count: int) -> set[str]:
        """Return what new sockets say first."""
        return {(await self.socket())[0] for _ in range(count)}
