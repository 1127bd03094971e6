"""What goes into the change log and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.events import ChangeEvent, Event, text_of

DECIDED = frozenset({"approved", "rejected"})


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the stream was last read, and what stood there: its identity."""

    stream_offset: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much the log has; `oldest` is the first event's time, in Unix seconds."""

    events: int
    size: int
    oldest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event as it came from the stream; `body` is the message's.

    `arrived` is when, in nanoseconds since 1970.
    """

    stream_offset: int
    event: Event
    body: bytes
    arrived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event that is in the log; `position` grows with the order of arrival.

    `stale`: a newer version of the same submission had been stored before it.
    `arrived` is that of its entry; 0 where it was read from the log.
    """

    position: int
    event: Event
    stale: bool
    size: int
    arrived: int = 0


def artist_of(event: Event) -> str | None:
    """Return whose page shows the event: mails' fates are the admins' alone."""
    return event.data.artist_id if isinstance(event, ChangeEvent) else None


def status_of(event: ChangeEvent) -> str | None:
    """Return the status after the change, None where the row is gone or has none."""
    return text_of(event.data.record or {}, "status")
