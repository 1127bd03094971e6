"""Run the gateway."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from realtime_gateway.app import running
from realtime_gateway.changelog.folder import FolderTaken
from realtime_gateway.settings import GatewaySettings
from shared.address import host_and_port
from shared.startup import begin

#: Requests under way when everyone has been sent away may take this long, in seconds.
SHUTDOWN_DEADLINE = 5.0
#: For who comes without the edge: an idle connection is kept so long, in seconds.
KEEPALIVE = 75.0
COLLECT_AFTER = (20_000, 20, 20)


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit 1 where the settings are wrong."""
    settings = begin("realtime_gateway", GatewaySettings, os.environ)
    try:
        _run(settings)
    except FolderTaken as error:
        sys.exit(f"realtime_gateway cannot start: {error}; set GATEWAY_DATA_DIR")


def _run(settings: GatewaySettings) -> None:
    # Cancelled where it is told to end before it has begun.
    with (
        suppress(asyncio.CancelledError),
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
        runner.run(_serve(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 # may be missing
    except ImportError:  # it is not made for every platform
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(settings: GatewaySettings) -> None:
    stopping, starting = asyncio.Event(), asyncio.current_task()
    assert starting is not None  # noqa: S101 # nosec B101 # a runner's is one
    _on_signal(starting.cancel)
    host, port = host_and_port(settings.gateway_bind)
    async with running(settings) as gateway:
        _on_signal(stopping.set)
        runner = web.AppRunner(
            gateway.app,
            access_log=None,
            keepalive_timeout=KEEPALIVE,
            shutdown_timeout=SHUTDOWN_DEADLINE,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            # What is there now stays: a collection need not look at it again, nor come
            # after every few objects when thousands of connections arrive.
            gc.freeze()
            gc.set_threshold(*COLLECT_AFTER)
            await stopping.wait()
            await gateway.drain.announce()
            # Nobody new: who is sent away comes back at once, and a load balancer that
            # looks for the fewest connections would bring them all here again.
            await site.stop()
            await gateway.drain.send_all_away(within=settings.drain_seconds)
        finally:
            await runner.cleanup()


def _on_signal(end: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


if __name__ == "__main__":
    main()
