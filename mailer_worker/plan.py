"""What a delivery asks of the mailer: a mail of one kind, or none, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared import events
from shared.addresses import one_address
from shared.errors import Malformed
from shared.events import ChangeEvent, text_of

Kind = Literal["pending", "in-review", "approved", "rejected"]

#: How the statuses of a submission are written, and the mail that each asks for.
KINDS: dict[str, Kind] = {
    "pending": "pending",
    "in-review": "in-review",
    "approved": "approved",
    "accepted": "approved",
    "rejected": "rejected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send the mail of this kind to the artist of the submission.

    `own_email` and `locale` are the row's, where it has them; else the artist with
    `artist_id` is to be looked up.
    """

    event: ChangeEvent
    kind: Kind
    own_email: str | None
    locale: str | None
    artist_id: str | None
    feedback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Send nothing; `reason` is told to the admins."""

    event: ChangeEvent
    reason: str


def plan(body: bytes) -> Send | Skip:
    """Return what to do about a message; raise Malformed if it is no status change."""
    event = events.decode(body)
    if not isinstance(event, ChangeEvent) or event.type != events.STATUS_CHANGED:
        raise Malformed(f"{event.type!r} is no status change", "$.type")
    row = event.data.record
    if row is None:
        raise Malformed("a status change has a record", "$.data.record")
    status = text_of(row, "status")
    kind = KINDS.get(written(status))
    if kind is None:
        shown = None if status is None else events.without_addresses(status)
        reason = f"there is no mail for the status {shown!r}"
        return Skip(event=event, reason=reason)
    return Send(
        event=event,
        kind=kind,
        own_email=one_address(text_of(row, "email")),
        locale=text_of(row, "locale"),
        artist_id=event.data.artist_id,
        feedback=text_of(row, "feedback"),
    )


def change_in(body: bytes) -> ChangeEvent | None:
    """Return the change that a message tells of, None where it tells of none."""
    try:
        event = events.decode(body)
    except Malformed:
        return None
    return event if isinstance(event, ChangeEvent) else None


def written(status: str | None) -> str:
    """Return a status as all its spellings are compared."""
    return (status or "").strip().lower().replace("_", "-").replace(" ", "-")
