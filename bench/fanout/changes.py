"""The events that are published, and the message that a plain server makes of one.

An event carries the moment of its making in a column that every message repeats, so
that whoever receives it knows how long it took, whatever the server did with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import msgspec

from shared import events
from shared.events import ChangeData, ChangeEvent, Row

#: Stands on both sides of the moment, in nanoseconds of Unix time.
MARK = "@"


def changes(run: str) -> Iterator[ChangeEvent]:
    """Make updates of one row, each with the moment at which it was asked for."""
    for number in count(1):
        yield _change(f"{run}-{number:08d}", number, time.time_ns())


def plain_message(body: bytes) -> str:
    """Return what a plain server sends for an event, about as long as the gateway's."""
    event = events.decode(body)
    assert isinstance(event, ChangeEvent)
    data = event.data
    new, old = data.record or {}, data.old_record or {}
    message = {
        "type": "submission_update",
        "id": event.id,
        "data": {
            "event": data.operation,
            "submission_id": data.submission_id,
            "title": data.title,
            "artist_id": data.artist_id,
            "updated_fields": data.updated_fields,
            "new_data": {name: new[name] for name in ("status", "rating", "feedback")},
            "old_data": {name: old[name] for name in data.updated_fields},
            "version": event.version,
            "timestamp": event.time,
        },
        "timestamp": event.time,
    }
    return msgspec.json.encode(message).decode()


def _change(name: str, number: int, moment: int) -> ChangeEvent:
    row = {"status": "in-review", "rating": 7, "feedback": f"{MARK}{moment}{MARK}"}
    return ChangeEvent(
        id=name,
        source="/bench",
        type=events.UPDATED,
        subject="s-1",
        time="2026-01-01T00:00:00.000+00:00",
        sequence=str(number),
        data=ChangeData(
            operation="UPDATE",
            submission_id="s-1",
            artist_id="a-1",
            title="Half Moon",
            updated_fields=["feedback"],
            record=_row(row),
            old_record=_row(row | {"feedback": None}),
        ),
    )


def _row(values: dict[str, object]) -> Row:
    encode = msgspec.json.encode
    return {name: msgspec.Raw(encode(value)) for name, value in values.items()}
