"""Status changes of one submission that look alike, seconds or minutes apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from shared import events
from shared.events import ChangeData, ChangeEvent

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event(
    event_id: str = "a",
    *,
    seconds: float = 0.0,
    fingerprint: str | None = "f",
    sequence: str | None = None,
    **row: Any,
) -> ChangeEvent:
    """Return a change at so many seconds past noon; `row` are its columns."""
    moment = NOON + timedelta(seconds=seconds)
    return ChangeEvent(
        id=event_id,
        source="/t",
        type=events.STATUS_CHANGED,
        subject="s-1",
        time=moment.isoformat(timespec="milliseconds"),
        fingerprint=fingerprint or msgspec.UNSET,
        sequence=sequence or msgspec.UNSET,
        data=ChangeData(
            operation="UPDATE",
            submission_id="s-1",
            record={n: msgspec.Raw(msgspec.json.encode(v)) for n, v in row.items()},
        ),
    )
