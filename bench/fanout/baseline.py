"""Plain aiohttp servers to hold the gateway against: `baseline.py WAY PORT FEED`.

WAY is how a room is told: `send_str` (one `await ws.send_str` after the other),
`shared_frame` (one ready frame to each transport, the frames of one turn of the loop
joined) or `idle` (never). FEED is where events come from: `stream` reads the stream at
RABBITMQ_URL the way the gateway does, a number is a local port that takes ready
messages, one a line. Nothing here checks tokens, stores, or minds a slow reader.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from bench.fanout.changes import plain_message
from shared.amqp.stream import StreamDelivery, StreamReader
from shared.topology import CHANGE_LOG_STREAM

WELCOME = '{"type":"welcome"}'
GOODBYE_DEADLINE = 2.0
#: A line of the local feed is a message of a few hundred bytes.
LINE_BYTES = 65_536


class Room:
    """Everyone who is connected; nobody is told anything."""

    def __init__(self) -> None:
        self.members: dict[web.WebSocketResponse, asyncio.Transport] = {}

    def tell(self, text: str, done: Callable[[], None]) -> None:
        """Send to all, then call `done`."""


class SendStr(Room):
    """A loop of `await ws.send_str`."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: asyncio.Queue[tuple[str, Callable[[], None]]] = asyncio.Queue()
        self._telling = asyncio.create_task(self._tell_one_by_one())

    def tell(self, text: str, done: Callable[[], None]) -> None:
        """Put it in line."""
        self._waiting.put_nowait((text, done))

    async def _tell_one_by_one(self) -> None:
        while True:
            text, done = await self._waiting.get()
            for ws in tuple(self.members):
                with suppress(ConnectionError):  # it is leaving
                    await ws.send_str(text)
            done()


class SharedFrame(Room):
    """One frame for all, written as it is."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        self._done: Callable[[], None] = lambda: None

    def tell(self, text: str, done: Callable[[], None]) -> None:
        """Write it at the end of this turn, with what else comes in it."""
        self._frames.append(frame_of(text.encode()))
        self._done = done
        if len(self._frames) == 1:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        data, self._frames = b"".join(self._frames), []
        for transport in self.members.values():
            transport.write(data)
        self._done()


WAYS: dict[str, type[Room]] = {
    "idle": Room,
    "send_str": SendStr,
    "shared_frame": SharedFrame,
}


def frame_of(payload: bytes) -> bytes:
    """Return an unmasked text frame of RFC 6455; a payload of 126 bytes to 64 KiB."""
    return bytes((0x81, 126)) + len(payload).to_bytes(2, "big") + payload


async def create_app(way: str, feed: str, url: str) -> web.Application:
    """Return the server; it is ready when its feed is."""
    room, ready = WAYS[way](), asyncio.Event()
    close = await _open_feed(room, feed, url, ready)

    async def socket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str(WELCOME)
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        room.members[ws] = transport
        try:
            async for _ in ws:
                pass
        finally:
            del room.members[ws]
        return ws

    async def show_ready(request: web.Request) -> web.Response:
        return web.Response(status=200 if ready.is_set() else 503)

    async def cleanup(app: web.Application) -> None:
        await close()

    app = web.Application()
    app.router.add_get("/ws/admin", socket)
    app.router.add_get("/ready", show_ready)
    app.on_cleanup.append(cleanup)
    return app


async def _open_feed(
    room: Room, feed: str, url: str, ready: asyncio.Event
) -> Callable[[], Awaitable[None]]:
    if feed == "stream":
        reader = _stream_feed(room, url, ready)
        return lambda: reader.close(timeout=GOODBYE_DEADLINE)
    server = await asyncio.start_server(
        lambda lines, _: _read_lines(room, lines),
        "127.0.0.1",
        int(feed),
        limit=LINE_BYTES,
    )
    ready.set()

    async def close() -> None:
        server.close()

    return close


def _stream_feed(room: Room, url: str, ready: asyncio.Event) -> StreamReader:
    def deliver(delivery: StreamDelivery) -> None:
        room.tell(plain_message(delivery.body), lambda: reader.ack_up_to(delivery))

    reader = StreamReader(
        url,
        name="bench.baseline",
        stream=CHANGE_LOG_STREAM,
        start_at=lambda: None,
        on_attached=lambda: None,
        on_end=lambda _: ready.set(),
        on_delivery=deliver,
        on_lost=ready.clear,
    )
    reader.open()
    return reader


async def _read_lines(room: Room, lines: asyncio.StreamReader) -> None:
    while line := await lines.readline():
        room.tell(line.decode().rstrip(), lambda: None)


def main() -> None:
    """Serve until SIGTERM."""
    way, port, feed = sys.argv[1:]
    app = create_app(way, feed, os.environ.get("RABBITMQ_URL", ""))
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
