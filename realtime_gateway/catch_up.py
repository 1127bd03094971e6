"""Bring a connection from where it is to where the rooms are, at its own pace.

For who comes back and for who was too slow. It takes its seat in the same turn of the
loop in which it has reached what the rooms were told, so the seam neither drops nor
repeats an event.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial

from realtime_gateway.changelog import reader
from realtime_gateway.changelog.reader import ChangeLogReader, HistoryPruned
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection, State
from realtime_gateway.hub import Hub
from realtime_gateway.told import Told, pieces
from shared import logs
from shared.errors import Malformed

log = logs.get(__name__)

#: Events that are looked through in one turn of the loop.
PAGE = 500
#: How often a full buffer is looked at: the shortest and the longest pause, in seconds.
SHORT_PAUSE, LONG_PAUSE = 0.01, 0.16


class CatchUp:
    """Tasks that follow the change log, one for each connection that is behind.

    `on_damage` is called where the change log cannot be read any more. Limits:
    `max_events` and `max_seconds` for a live connection that lags, `max_seconds`
    without a byte taken for one that comes back.
    """

    def __init__(
        self,
        log_reader: ChangeLogReader,
        hub: Hub,
        *,
        max_events: int,
        max_seconds: float,
        on_damage: Callable[[Exception], None],
    ) -> None:
        self._reader = log_reader
        self._hub = hub
        self._max_events = max_events
        self._max_seconds = max_seconds
        self._on_damage = on_damage
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, connection: Connection) -> None:
        """Follow the log from the connection's position until it is live, or gone."""
        task = self._loop.create_task(self._follow(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def position_of(self, event_id: str) -> int | None:
        """Return the event's position, None where it is not known; sqlite3.Error."""
        found = self._hub.window.position_of(event_id)
        if found is not None:
            return found
        found = await self._reader.run(partial(reader.position_of, event_id=event_id))
        # What is stored and not told yet is not known yet: it would be told twice.
        return found if found is None or found <= self._hub.position else None

    async def _follow(self, connection: Connection) -> None:
        try:
            while await self._may_send(connection):
                if await self._step(connection):
                    return
        except HistoryPruned:
            # Some of what it misses is gone: it comes back, and is told so.
            connection.outlet.end(CloseCode.GOING_AWAY)
        except (sqlite3.Error, Malformed) as error:
            log.error("changelog.unreadable", error=str(error)[:200])
            connection.outlet.end(CloseCode.GOING_AWAY)
            self._on_damage(error)
        except Exception as error:  # nobody else would hear of it, the client least
            log.error("socket.not-served", exc_info=error)
            connection.outlet.end(CloseCode.GOING_AWAY)

    async def _step(self, connection: Connection) -> bool:
        """Send the next page; return True when the connection is live, or gone."""
        page = self._hub.window.after(connection.position, at_most=PAGE)
        if page is None:
            await self._step_through_log(connection)
            return False
        if page and not self._send(connection, page):
            return False
        if len(page) == PAGE:
            return False
        # Nothing has been waited for since the window was asked: this is the end.
        if self._hub.holds(connection) and not connection.outlet.gone:
            self._join(connection)
        return True

    def _join(self, connection: Connection) -> None:
        if connection.state is State.LAGGING:
            seconds = round(self._loop.time() - connection.since_when, 3)
            name = connection.connection_id
            log.info("socket.caught-up", connection_id=name, seconds=seconds)
        self._hub.join(connection)

    async def _step_through_log(self, connection: Connection) -> None:
        reached = self._hub.position
        stored = await self._reader.run(
            partial(
                reader.after,
                position=connection.position,
                artist_ids=connection.seat.artist_ids,
            )
        )
        page = [Told(each) for each in stored if each.position <= self._hub.position]
        if page:
            self._send(connection, page)
        else:
            connection.position = max(connection.position, reached)

    async def _may_send(self, connection: Connection) -> bool:
        """Wait until little is left to be taken; False when the connection is over."""
        outlet, pause = connection.outlet, SHORT_PAUSE
        waiting_since, least = self._loop.time(), outlet.backlog
        while self._hub.holds(connection) and not outlet.gone:
            now = self._loop.time()
            if self._lags_too_far(connection, now, waiting_since):
                outlet.end(CloseCode.TOO_SLOW)
                break
            if _has_room(connection):
                return True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONG_PAUSE)
            if outlet.backlog < least:
                waiting_since, least = now, outlet.backlog
        return False

    def _lags_too_far(
        self, connection: Connection, now: float, waiting_since: float
    ) -> bool:
        if connection.pace is not None:
            return False  # it lags by its own wish, and pace.py sees whether it reads
        if connection.state is State.LAGGING:
            behind = self._hub.position - connection.position
            since = connection.since_when
            return behind > self._max_events or now - since > self._max_seconds
        return now - waiting_since > self._max_seconds

    def _send(self, connection: Connection, page: Sequence[Told]) -> bool:
        """Send a page; False where the buffer is full and the rest has to wait."""
        outlet = connection.outlet
        told = [each for each in page if connection.may_see(each.event)]
        if connection.pace is not None:
            for each in told:
                connection.pace.offer(each)
                connection.position = each.position
                if connection.pace.is_full:
                    return False
        else:
            limit = max(1, outlet.max_buffer // 4)
            for piece in pieces(told, outlet.encoding, max_bytes=limit):
                connection.position = piece.position
                self._hub.tally.deliveries[connection.seat.kind] += piece.count
                if not outlet.write(piece.data):
                    return False
        connection.position = page[-1].position
        return True


def _has_room(connection: Connection) -> bool:
    if connection.pace is not None:
        return not connection.pace.is_full
    return connection.outlet.backlog <= connection.outlet.max_buffer // 4
