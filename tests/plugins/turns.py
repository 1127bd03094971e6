"""Status changes whose rows have an address and a language: nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from shared import events
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher
from shared.events import ChangeData, ChangeEvent

#: For all of them together, in seconds.
PUBLISH_DEADLINE = 20.0


def turn(
    event_id: str,
    before: str | None,
    after: str,
    *,
    submission: str = "s-1",
    email: str = "ada@a.test",
    sequence: int | None = None,
    fingerprint: str | None = None,
) -> ChangeEvent:
    """Return the event of a status that turned from `before` to `after`."""

    def row(status: str | None) -> dict[str, msgspec.Raw]:
        columns = {"id": submission, "status": status, "email": email, "locale": "en"}
        return {n: msgspec.Raw(msgspec.json.encode(v)) for n, v in columns.items()}

    return ChangeEvent(
        id=event_id,
        source="/melotech/tests",
        type=events.STATUS_CHANGED,
        subject=submission,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        sequence=msgspec.UNSET if sequence is None else str(sequence),
        fingerprint=fingerprint or msgspec.UNSET,
        data=ChangeData(
            operation="UPDATE",
            submission_id=submission,
            title="T",
            updated_fields=["status"],
            record=row(after),
            old_record=row(before),
        ),
    )


def some_changes(count: int) -> list[ChangeEvent]:
    """Return so many changes, each of a submission and an artist of its own."""
    return [
        turn(
            f"evt_{number}",
            "pending",
            "approved",
            submission=f"s-{number}",
            email=f"artist-{number}@a.test",
        )
        for number in range(count)
    ]


def publish_all(bus: Publisher, new: Iterable[events.Event]) -> None:
    """Put the events on the bus in their order, all confirmed."""
    messages = [Message.of(event) for event in new]
    assert not any(bus.publish_all(messages, timeout=PUBLISH_DEADLINE))
