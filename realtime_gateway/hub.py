"""Everyone who is connected, and how far they have been told.

A client that comes back reads what it missed from the change log, up to the position
that the rooms have been told, and takes its seat in the same turn of the loop: nothing
falls into the seam, nothing is told twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from realtime_gateway import protocol
from realtime_gateway.changelog import ChangeLog, Recorded
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.frames import text_frame
from realtime_gateway.rooms import Rooms
from shared import events
from shared.events import Event
from shared.topology import room_admin

#: Events read from the change log at a time while a client catches up.
PAGE = 500


class Hub:
    """The rooms, and the position in the change log that they have been told."""

    def __init__(self, changelog: ChangeLog) -> None:
        self._changelog = changelog
        self.rooms: Rooms[Connection] = Rooms()
        self._position, self._newest_id = changelog.newest()

    @property
    def last_event_id(self) -> str | None:
        """Return the id of the last event that was told."""
        return self._newest_id

    def tell(self, new: Sequence[tuple[int, Event]]) -> None:
        """Send each event to its rooms, encoded once however many get it."""
        for position, event in new:
            self._position, self._newest_id = position, event.id
            frame: bytes | None = None
            for room in protocol.rooms_of(event):
                for member in tuple(self.rooms.members(room)):
                    if member.wants(event):
                        frame = frame or text_frame(protocol.update_of(event))
                        member.send_frame(frame)

    def forget(self) -> None:
        """Start anew after a rebuild: everyone comes back and is told so."""
        self._position, self._newest_id = 0, None
        self._send_away()

    async def end_all(self) -> None:
        """Ask everyone to come back at once, and wait until they have left."""
        members = self._send_away()
        await asyncio.gather(*(member.closed() for member in members))

    def _send_away(self) -> set[Connection]:
        members = self.rooms.everyone()
        for member in members:
            self.leave(member)
            member.end(CloseCode.GOING_AWAY)
        return members

    async def position_of(self, event_id: str | None) -> int | None:
        """Return where a client has got to, None where that is not known."""
        if event_id is None:
            return None
        return await asyncio.to_thread(self._changelog.position_of, event_id)

    async def catch_up(self, member: Connection, position: int) -> None:
        """Send what the member missed after `position`, then give it its seat."""
        while position < self._position and not member.ended_by:
            until = self._position
            missed = await asyncio.to_thread(
                self._changelog.after,
                position,
                until=until,
                artist_ids=_artist_ids(member),
                limit=PAGE,
            )
            for recorded in missed:
                _replay(member, recorded)
            await member.drained()
            position = missed[-1].position if len(missed) == PAGE else until
        if not member.ended_by:
            self.rooms.join(member)

    def join(self, member: Connection) -> None:
        """Give the member its seat, from the next event on."""
        self.rooms.join(member)

    def leave(self, member: Connection) -> None:
        """Take the member's seat away."""
        self.rooms.leave(member)


def _artist_ids(member: Connection) -> list[str] | None:
    if member.seat.room == room_admin():
        return None
    return [key.partition(":")[2] for key in member.seat.keys]


def _replay(member: Connection, recorded: Recorded) -> None:
    event = events.decode(recorded.body)
    if member.wants(event):
        member.send_frame(text_frame(protocol.update_of(event)))
