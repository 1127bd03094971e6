"""Everyone who is connected, and the way of an event to all of them.

Events are joined for each audience until the end of the loop's turn (or of the flush
interval), and each member's transport gets them in one write. Every live member has
been told everything up to the last flush; one that does not keep up leaves its room and
follows from the change log (catch_up.py).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from realtime_gateway import protocol
from realtime_gateway.changelog.entries import Stored
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection, State
from realtime_gateway.pace import Pace
from realtime_gateway.protocol import Wanted
from realtime_gateway.rooms import Audience, Rooms
from realtime_gateway.tally import Tally
from realtime_gateway.told import Told, pieces
from realtime_gateway.window import Window
from shared import logs
from shared.events import ChangeEvent, RevocationEvent

log = logs.get(__name__)


def _nothing(_: object) -> None:
    return None


class Hub:
    """All admitted connections, the rooms of those who are live, and the position."""

    def __init__(
        self,
        *,
        position: int,
        last_event_id: str | None,
        flush_interval: float,
        max_buffer: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._flush_interval = flush_interval
        self._max_piece = max(1, max_buffer // 4)
        self._on_behind: Callable[[Connection], object] = _nothing
        self._on_revoked: Callable[[RevocationEvent], object] = _nothing
        self._on_told: Callable[[Told], object] = _nothing
        self._fresh: list[Told] = []
        self._admitted: set[Connection] = set()
        self._per_subject: Counter[str] = Counter()
        self._rooms = Rooms()
        self._dirty: dict[Audience, None] = {}
        #: When the changes that wait for the flush were received.
        self._received: list[str] = []
        self._flushing: asyncio.Handle | None = None
        self.position = position
        self.last_event_id = last_event_id
        self.window = Window(position)
        self.tally = Tally()

    def open(
        self,
        *,
        on_behind: Callable[[Connection], object],
        on_revoked: Callable[[RevocationEvent], object],
        on_told: Callable[[Told], object] = _nothing,
    ) -> None:
        """Call `on_behind` with a connection that has left its room for being too slow.

        `on_revoked` is called with each revocation, and `on_told` with each event that
        has been handed to everyone who is to get it.
        """
        self._on_behind = on_behind
        self._on_revoked = on_revoked
        self._on_told = on_told

    def connections(self) -> Iterable[Connection]:
        """Return everyone who is admitted, live or not."""
        return tuple(self._admitted)

    def connections_of(self, subject: str) -> int:
        """Return how many connections one person has, live or catching up."""
        return self._per_subject[subject]

    def holds(self, connection: Connection) -> bool:
        """Tell whether the connection is admitted and has not left."""
        return connection in self._admitted

    def counts(self) -> dict[str, int]:
        """Return the admitted connections by kind of room, without anybody's id."""
        kinds = Counter(each.seat.kind for each in self._admitted)
        return {"admin": kinds["admin"], "artist": kinds["artist"]}

    @property
    def rooms(self) -> int:
        """Return how many rooms somebody is live in."""
        return len(self._rooms)

    def admit(self, connection: Connection) -> None:
        """Count the connection in; it is told nothing until it joins."""
        connection.since_when = self._loop.time()
        self._admitted.add(connection)
        self._per_subject[connection.identity.subject] += 1

    def leave(self, connection: Connection) -> None:
        """Let the connection go; doing so twice changes nothing."""
        if connection not in self._admitted:
            return
        self._rooms.leave(connection)
        self._admitted.remove(connection)
        if connection.pace is not None:
            connection.pace.stop()
        subject = connection.identity.subject
        self._per_subject[subject] -= 1
        if not self._per_subject[subject]:
            del self._per_subject[subject]

    def join(self, connection: Connection) -> None:
        """Make the connection live: it is told everything from the next event on."""
        # It is past what the others are about to get.
        self._flush_audience_of(connection)
        connection.position = self.position
        connection.state = State.LIVE
        self._rooms.join(connection)

    def want(self, connection: Connection, wanted: Wanted) -> None:
        """Send only what is asked for from now on."""
        if connection.state is State.LIVE:
            # What came before is sent as it was asked for; it may fall behind by that.
            self._flush_audience_of(connection)
        live = connection.state is State.LIVE and self.holds(connection)
        if live:
            self._rooms.leave(connection)
        connection.wanted = wanted
        if live:
            self.join(connection)

    def tell(self, new: Sequence[Stored]) -> None:
        """Send each event to its rooms, at the end of this turn of the loop."""
        for stored in new:
            self.position = stored.position
            try:
                self._take_in(stored)
            except Exception as error:  # one event must not silence the others
                log.error("event.not-told", event_id=stored.event.id, exc_info=error)
        if self._flushing is None:
            if self._dirty:
                self._flushing = self._schedule()
            else:
                self._report()

    def forget(self) -> None:
        """Start anew after a rebuild: everyone comes back, and is told so."""
        self.flush()
        self.position, self.last_event_id = 0, None
        self.window = Window(0)
        for connection in self._admitted:
            connection.outlet.end(CloseCode.GOING_AWAY)

    def flush(self) -> None:
        """Hand over what has been queued."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        while self._dirty:
            self._flush(next(iter(self._dirty)))
        self._report()

    def _report(self) -> None:
        received, self._received = self._received, []
        self.tally.count_handed_over(received)
        fresh, self._fresh = self._fresh, []
        for told in fresh:
            self._on_told(told)

    def _take_in(self, stored: Stored) -> None:
        self.tally.count_event(stored.event.type)
        if isinstance(stored.event, RevocationEvent):
            self._on_revoked(stored.event)
            return
        self.last_event_id = stored.event.id
        told = Told(stored)
        self.window.add(told)
        self._fresh.append(told)
        if self._queue(told) and isinstance(stored.event, ChangeEvent):
            self._received.append(stored.event.time)

    def _schedule(self) -> asyncio.Handle:
        if self._flush_interval:
            return self._loop.call_later(self._flush_interval, self.flush)
        return self._loop.call_soon(self.flush)

    def _queue(self, told: Told) -> bool:
        """Put the event before its audiences; tell whether there is one."""
        queued = False
        for room in protocol.rooms_of(told.event):
            for audience in self._rooms.audiences(room):
                if audience.wanted.matches(told.event):
                    told.encoded(audience.encoding)
                    audience.pending.append(told)
                    self._dirty[audience] = None
                    queued = True
        return queued

    def _flush_audience_of(self, connection: Connection) -> None:
        audience = self._rooms.audience_of(connection)
        if audience is not None:
            self._flush(audience)

    def _flush(self, audience: Audience) -> None:
        self._dirty.pop(audience, None)
        pending, audience.pending = audience.pending, []
        try:
            self._hand_over(audience, pending)
        except Exception as error:  # the other audiences are not to miss it as well
            log.error("audience.not-told", exc_info=error)
            for member in audience.members:
                member.outlet.end(CloseCode.GOING_AWAY)

    def _hand_over(self, audience: Audience, pending: Sequence[Told]) -> None:
        for each in pending:
            each.sockets += len(audience.members)
        if audience.paced is not None and audience.paced.pace is not None:
            self._offer(audience.paced, audience.paced.pace, pending)
            return
        for piece in pieces(pending, audience.encoding, max_bytes=self._max_piece):
            self.tally.deliveries[audience.kind] += piece.count * len(audience.members)
            for member in _behind(audience.members, piece.data):
                self._fall_behind(member, piece.position)

    def _offer(self, connection: Connection, pace: Pace, told: Sequence[Told]) -> None:
        for each in told:
            pace.offer(each)
            if pace.is_full:
                self._fall_behind(connection, each.position)
                return

    def _fall_behind(self, connection: Connection, position: int) -> None:
        self._rooms.leave(connection)
        connection.position = position
        connection.state = State.LAGGING
        connection.since_when = self._loop.time()
        self.tally.lagged += 1
        log.info("socket.lagging", connection_id=connection.connection_id)
        self._on_behind(connection)


def _behind(members: Iterable[Connection], data: bytes) -> list[Connection]:
    """Hand the bytes to each member; return those whose buffer is full now.

    This is `Outlet.write` without its call: it runs once for each delivery.
    """
    behind: list[Connection] = []
    for member in members:
        outlet = member.outlet
        transport = outlet.transport
        if outlet.ended_by is None and not transport.is_closing():
            transport.write(data)
            if transport.get_write_buffer_size() > outlet.max_buffer:
                behind.append(member)
    return behind
