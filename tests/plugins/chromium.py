"""A headless Chromium, spoken to over the DevTools protocol.

Source: Chrome DevTools Protocol, domains Page, Emulation and Runtime.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

START_DEADLINE = 30.0
ANSWER_DEADLINE = 20.0
INSTALL = "apt-get install chromium"


def chromium() -> str:
    """Return the browser's path; skip the test where there is none, but not in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = f"there is no Chromium ({INSTALL})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Tab:
    """One page: what it shows is set, looked at in any size and scheme, and asked."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Return what Chromium answers to a command."""
        self._last += 1
        await self._socket.send_json(
            {"id": self._last, "method": method, "params": params}
        )
        async with asyncio.timeout(ANSWER_DEADLINE):
            while True:
                answer = json.loads(await self._socket.receive_str())
                if answer.get("id") == self._last:
                    assert "error" not in answer, f"{method}: {answer['error']}"
                    return answer["result"]

    async def show(self, html: str) -> None:
        """Replace the page by this document."""
        tree = await self.call("Page.getFrameTree")
        frame = tree["frameTree"]["frame"]["id"]
        await self.call("Page.setDocumentContent", frameId=frame, html=html)

    async def look(self, *, width: int, height: int = 900, scheme: str) -> None:
        """Set the width in pixels, and the scheme: light or dark."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[feature])

    async def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def screenshot(self) -> bytes:
        """Return what is seen, as PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])


@asynccontextmanager
async def tab(folder: Path) -> AsyncIterator[Tab]:
    """Start a browser whose profile is in the folder; end it afterwards."""
    process = subprocess.Popen(
        [
            chromium(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = await _address(folder / "DevToolsActivePort", process)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(await _page(session, address), max_msg_size=0) as socket,
        ):
            yield Tab(socket)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


async def _address(file: Path, process: subprocess.Popen[bytes]) -> str:
    async with asyncio.timeout(START_DEADLINE):
        while True:
            assert process.poll() is None, "Chromium ended at start"
            lines = file.read_text().split() if file.exists() else []
            if lines:
                return f"http://127.0.0.1:{lines[0]}"
            await asyncio.sleep(0.02)


async def _page(session: aiohttp.ClientSession, address: str) -> str:
    async with asyncio.timeout(START_DEADLINE):
        while True:
            async with session.get(f"{address}/json/list") as answer:
                pages = [each for each in await answer.json() if each["type"] == "page"]
            if pages:
                url: str = pages[0]["webSocketDebuggerUrl"]
                return url
            await asyncio.sleep(0.02)
