"""What one append does to the tables: pure SQL, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec

from realtime_gateway.changelog.entries import (
    DECIDED,
    Entry,
    Stored,
    artist_of,
    status_of,
)
from shared import events
from shared.events import ChangeEvent, EmailEvent, Event, text_of
from shared.same_change import SAME_CHANGE, identity_of, is_same_change
from shared.versions import Version, is_older, microseconds, newest, version_of

#: Moments outside of 1970 to 5138 are nobody's, in microseconds since 1970.
EARLIEST, LATEST = 0, 10**17
#: Columns that may say when a track was submitted; else its INSERT does.
SUBMITTED = ("submitted_at", "created_at")
#: What a temporary failure counts as: nobody shall take it for an end.
DELAYED = "email.delayed"

_row_encoder = msgspec.json.Encoder()


def insert(connection: sqlite3.Connection, entry: Entry) -> Stored | None:
    """Store the event; None where it is there already, under this id or another.

    Raises sqlite3.Error, and anything else where the event is beyond storing.
    """
    event, moment = entry.event, _moment(entry.event.time)
    if _is_repeated(connection, event, moment):
        return None
    seen = _seen(connection, event)
    stale = seen is not None and is_older(_version(event), seen)
    cursor = connection.execute(
        "insert into changes (stream_offset, event_id, fingerprint, type,"
        " submission_id, artist_id, time, stale, body)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (event_id) do nothing",
        (
            entry.stream_offset,
            event.id,
            _fingerprint(event),
            event.type,
            _submission_of(event),
            artist_of(event),
            _text(moment),
            stale,
            entry.body,
        ),
    )
    if not cursor.rowcount or cursor.lastrowid is None:
        return None
    position = cursor.lastrowid
    if isinstance(event, ChangeEvent) and not stale:
        _keep_row(connection, event, position, seen, moment)
    _count(connection, event, moment)
    size = len(entry.body)
    return Stored(
        position=position,
        event=event,
        stale=stale,
        size=size,
        arrived=entry.arrived,
    )


def _moment(time: str) -> datetime:
    since = microseconds(time)
    if since is None or not EARLIEST < since < LATEST:
        return datetime.now(UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _fingerprint(event: Event) -> str | None:
    if not isinstance(event, ChangeEvent) or event.fingerprint is msgspec.UNSET:
        return None
    return event.fingerprint


def _submission_of(event: Event) -> str:
    if isinstance(event, ChangeEvent | EmailEvent):
        return event.data.submission_id
    return ""


def _is_repeated(
    connection: sqlite3.Connection, event: Event, moment: datetime
) -> bool:
    """Tell whether another delivery of the same change has been stored."""
    mine = identity_of(event) if isinstance(event, ChangeEvent) else None
    if mine is None:
        return False
    twin = connection.execute(
        "select body, position = (select position from submissions"
        " where submission_id = changes.submission_id) from changes"
        " where fingerprint = ? and time between ? and ? order by position desc",
        (
            mine.fingerprint,
            _text(moment - SAME_CHANGE),
            _text(moment + SAME_CHANGE),
        ),
    ).fetchone()
    if twin is None:
        return False
    body, is_newest = twin
    stored = events.decode(body)
    earlier = identity_of(stored) if isinstance(stored, ChangeEvent) else None
    return earlier is not None and is_same_change(
        mine, earlier, earlier_is_newest=bool(is_newest)
    )


def _version(event: Event) -> Version:
    return version_of(event) if isinstance(event, ChangeEvent) else Version()


def _seen(connection: sqlite3.Connection, event: Event) -> Version | None:
    if not isinstance(event, ChangeEvent):
        return None
    row = connection.execute(
        "select sequence, updated_at, deleted from submissions where submission_id = ?",
        (event.data.submission_id,),
    ).fetchone()
    if row is None:
        return None
    sequence, updated_at, deleted = row
    return Version(
        sequence=None if sequence is None else int(sequence),
        updated_at=updated_at,
        deleted=bool(deleted),
    )


def _keep_row(
    connection: sqlite3.Connection,
    event: ChangeEvent,
    position: int,
    seen: Version | None,
    moment: datetime,
) -> None:
    data, version = event.data, newest(version_of(event), seen or Version())
    row = data.record
    status = status_of(event)
    at = moment.timestamp()
    reviewed = at if event.type == events.STATUS_CHANGED else None
    connection.execute(
        "insert into submissions (submission_id, artist_id, status, position,"
        " sequence, updated_at, deleted, submitted_at, first_review_at, decided_at,"
        " row) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (submission_id) do update set artist_id = excluded.artist_id,"
        " status = excluded.status, position = excluded.position,"
        " sequence = excluded.sequence, updated_at = excluded.updated_at,"
        " deleted = excluded.deleted,"
        " submitted_at = coalesce(submitted_at, excluded.submitted_at),"
        " first_review_at = coalesce(first_review_at, excluded.first_review_at),"
        " decided_at = coalesce(decided_at, excluded.decided_at),"
        " row = excluded.row",
        (
            data.submission_id,
            data.artist_id,
            status,
            position,
            None if version.sequence is None else str(version.sequence),
            version.updated_at,
            version.deleted,
            _submitted_at(event, moment),
            reviewed,
            reviewed if status in DECIDED else None,
            None if row is None else _row_encoder.encode(row),
        ),
    )


def _submitted_at(event: ChangeEvent, moment: datetime) -> float | None:
    row = event.data.record or event.data.old_record or {}
    for column in SUBMITTED:
        since = microseconds(text_of(row, column))
        if since is not None:
            return since / 1_000_000
    return moment.timestamp() if event.data.operation == "INSERT" else None


def _count(connection: sqlite3.Connection, event: Event, moment: datetime) -> None:
    delayed = isinstance(event, EmailEvent) and event.data.severity == "temporary"
    connection.execute(
        "insert into minutes (minute, type, count) values (?, ?, 1)"
        " on conflict (minute, type) do update set count = count + 1",
        (moment.strftime("%Y-%m-%dT%H:%M"), DELAYED if delayed else event.type),
    )
