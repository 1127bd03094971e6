"""The first moments of a connection: its welcome, and what it missed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from functools import partial

from realtime_gateway import protocol
from realtime_gateway.admission import Refusal
from realtime_gateway.catch_up import CatchUp
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection, State
from realtime_gateway.feed import Feed
from realtime_gateway.hub import Hub
from realtime_gateway.protocol import Welcome
from realtime_gateway.unknown import look_for
from shared import logs

log = logs.get(__name__)

#: How long a client waits for a gateway that still reads the stream, in seconds.
READY_DEADLINE = 15.0


class Arrivals:
    """Welcome connections and make them live, at once or after a replay."""

    def __init__(
        self, hub: Hub, feed: Feed, catch_up: CatchUp, *, ping_interval: float
    ) -> None:
        self._hub = hub
        self._feed = feed
        self._catch_up = catch_up
        self._ping_interval = ping_interval
        self._waiting: dict[Connection, asyncio.Task[None]] = {}

    def begin(self, connection: Connection, since: str | None) -> None:
        """Welcome an admitted connection, whose last event was `since`.

        It ends with 4202 where this gateway cannot serve it now.
        """
        if self._feed.caught_up.is_set():
            if since is None:
                self._join(connection)
                return
            position = self._hub.window.position_of(since)
            if position is not None:
                self._resume(connection, since, position)
                return
        # Beside the reading of what it says: a long replay must not make us deaf.
        task = asyncio.create_task(self._arrive(connection, since))
        self._waiting[connection] = task
        task.add_done_callback(lambda _: self._waiting.pop(connection, None))

    def forget(self, connection: Connection) -> None:
        """Do no more for a connection that has left: others may come in its place."""
        task = self._waiting.pop(connection, None)
        if task is not None:
            task.cancel()

    def welcome_again(self, connection: Connection) -> None:
        """Confirm a fresh token.

        `last_event_id` is null while the client is behind: its own is the right one.
        """
        if not connection.welcomed:
            return  # the welcome that is to come confirms it
        self._hub.flush()
        live = connection.state is State.LIVE and connection.pace is None
        after = self._hub.last_event_id if live else None
        self._welcome(connection, recovered=True, after=after)

    async def close(self) -> None:
        """Stop all of them."""
        tasks = list(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _arrive(self, connection: Connection, since: str | None) -> None:
        try:
            position = await self._position(since)
        except Refusal as refusal:
            log.info("socket.refused", code=refusal.code.number, detail=str(refusal))
            connection.outlet.end(refusal.code)
            return
        except Exception as error:  # nobody else would hear of it, the client least
            log.error("socket.not-welcomed", exc_info=error)
            connection.outlet.end(CloseCode.GOING_AWAY)
            return
        if not self._hub.holds(connection) or connection.outlet.gone:
            return
        if since is None or position is None:
            self._join(connection)
        else:
            self._resume(connection, since, position)

    def _resume(self, connection: Connection, since: str, position: int) -> None:
        self._welcome(connection, recovered=True, after=since)
        connection.position = position
        self._catch_up.start(connection)

    def _join(self, connection: Connection) -> None:
        after = self._hub.last_event_id
        self._welcome(connection, recovered=False, after=after)
        self._hub.join(connection)

    def _welcome(
        self, connection: Connection, *, recovered: bool, after: str | None
    ) -> None:
        left = connection.identity.expires_at - time.time()
        welcome = Welcome(
            connection_id=connection.connection_id,
            room=connection.seat.room,
            recovered=recovered,
            last_event_id=after,
            ping_interval=self._ping_interval,
            token_expires_in=max(0, int(left)),
        )
        connection.welcomed = True
        connection.outlet.send(protocol.write(welcome))

    async def _position(self, since: str | None) -> int | None:
        try:
            async with asyncio.timeout(READY_DEADLINE):
                await self._feed.caught_up.wait()
        except TimeoutError:
            detail = "this gateway still reads the stream"
            raise Refusal(CloseCode.GOING_AWAY, detail) from None
        if since is None:
            return None
        try:
            async with asyncio.timeout(READY_DEADLINE):
                return await look_for(partial(self._look, since), self._feed)
        except TimeoutError:
            # Another gateway may know it, and this one would tell all of it twice.
            detail = "this gateway cannot read the stream to its end"
            raise Refusal(CloseCode.GOING_AWAY, detail) from None
        except sqlite3.Error as error:
            log.error("changelog.unreadable", error=str(error)[:200])
            self._feed.file_unusable(error)
            raise Refusal(CloseCode.GOING_AWAY, "no history to read") from None

    async def _look(self, event_id: str) -> int | None:
        # What waits to be told is not known yet.
        self._hub.flush()
        return await self._catch_up.position_of(event_id)
