"""Everyone who is connected, and how far they have been told.

A client that comes back reads what it missed from the change log and takes its seat in
the same turn of the loop in which it has reached what the rooms were told. Each
connection remembers its position, so the seam neither drops nor repeats an event.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence

from realtime_gateway import protocol
from realtime_gateway.changelog import ChangeLog, Recorded
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.frames import text_frame
from realtime_gateway.rooms import Rooms
from shared import events, logs
from shared.events import Event
from shared.topology import room_admin

log = logs.get(__name__)

#: Events read from the change log at a time while a client catches up.
PAGE = 500
#: Another gateway may have told an event that this one reads a moment later: an
#: unknown id is looked for so many times, so many seconds apart.
LOOKS, LOOK_PAUSE = 6, 0.25


class Hub:
    """All admitted connections, the rooms of those who are live, and the position."""

    def __init__(self, changelog: ChangeLog) -> None:
        self._changelog = changelog
        self._admitted: set[Connection] = set()
        self._per_subject: Counter[str] = Counter()
        self.rooms: Rooms[Connection] = Rooms()
        self._position, self.last_event_id = changelog.newest()

    def connections_of(self, subject: str) -> int:
        """Return how many connections one person has, live or catching up."""
        return self._per_subject[subject]

    def admit(self, connection: Connection) -> None:
        """Count the connection in; it is told nothing until it joins."""
        self._admitted.add(connection)
        self._per_subject[connection.subject] += 1

    def leave(self, connection: Connection) -> None:
        """Let the connection go; doing so twice changes nothing."""
        self.rooms.leave(connection)
        if connection in self._admitted:
            self._admitted.remove(connection)
            self._per_subject[connection.subject] -= 1
            # A counter keeps its zeros otherwise, one for everyone who ever came.
            self._per_subject += Counter()

    def tell(self, new: Sequence[tuple[int, Event]]) -> None:
        """Send each event to its rooms, encoded once however many get it."""
        for position, event in new:
            self._position, self.last_event_id = position, event.id
            try:
                self._tell(position, event)
            except Exception as error:  # one event must not silence the others
                log.error("event.not-told", event_id=event.id, exc_info=error)

    def send_all_away(self) -> list[Connection]:
        """Ask everyone to come back at once, to this gateway or another."""
        members = list(self._admitted)
        for member in members:
            self.leave(member)
            member.socket.end(CloseCode.GOING_AWAY)
        return members

    def forget(self) -> None:
        """Start anew after a rebuild: everyone comes back and is told so."""
        self._position, self.last_event_id = 0, None
        self.send_all_away()

    def join(self, connection: Connection) -> None:
        """Make the connection live: it is told everything from the next event on."""
        connection.position = self._position
        self.rooms.join(connection)

    async def position_of(self, event_id: str) -> int | None:
        """Return where a client has got to, None where that is not known."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_PAUSE)
            try:
                found = await asyncio.to_thread(self._changelog.position_of, event_id)
            except sqlite3.Error as error:
                log.error("changelog.unreadable", error=str(error))
                return None
            if found is not None:
                return found
        return None

    async def catch_up(self, connection: Connection, position: int) -> None:
        """Send what was missed after `position`, then make the connection live.

        Raises sqlite3.Error where the change log cannot be read.
        """
        socket = connection.socket
        while socket.ended_by is None:
            told = self._position
            missed = await asyncio.to_thread(
                self._changelog.after,
                position,
                artist_ids=_artist_ids(connection),
                limit=PAGE,
            )
            for recorded in missed:
                _replay(connection, recorded)
                await socket.room_to_send()
            position = missed[-1].position if missed else position
            if len(missed) < PAGE:
                position = max(position, told)
            if position >= self._position and connection in self._admitted:
                connection.position = position
                self.rooms.join(connection)
                return

    def _tell(self, position: int, event: Event) -> None:
        frame: bytes | None = None
        for room in protocol.rooms_of(event):
            for member in tuple(self.rooms.members(room)):
                if position > member.position and member.wants(event):
                    frame = frame or text_frame(protocol.update_of(event))
                    member.position = position
                    member.socket.send_frame(frame)


def _artist_ids(connection: Connection) -> list[str] | None:
    if connection.seat.room == room_admin():
        return None
    return [key.partition(":")[2] for key in connection.seat.keys]


def _replay(connection: Connection, recorded: Recorded) -> None:
    event = events.decode(recorded.body)
    if connection.wants(event):
        connection.socket.send_frame(text_frame(protocol.update_of(event)))
