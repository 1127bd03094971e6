"""A socket with a seat: what its client wants, and how far it has been told."""

from __future__ import annotations

from realtime_gateway.access import Seat
from realtime_gateway.protocol import Filter
from realtime_gateway.socket import Socket
from shared.events import ChangeEvent, Event, text_of


class Connection:
    """A member of a room; `position` is that of the last event it was told."""

    def __init__(
        self, socket: Socket, *, connection_id: str, seat: Seat, subject: str
    ) -> None:
        self.socket = socket
        self.connection_id = connection_id
        self.seat = seat
        self.subject = subject
        self.filter: Filter | None = None
        self.position = 0

    def wants(self, event: Event) -> bool:
        """Tell whether the client's filter lets the event through."""
        if self.filter is None or not isinstance(event, ChangeEvent):
            return True
        row = event.data.record or event.data.old_record or {}
        wanted = (self.filter.artist_id, self.filter.status)
        actual = (event.data.artist_id, text_of(row, "status"))
        return all(w is None or w == a for w, a in zip(wanted, actual, strict=True))
