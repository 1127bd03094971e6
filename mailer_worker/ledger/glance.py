"""One look at all that may speak against a mail, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, func, select

from mailer_worker.ledger.clock import NOW
from mailer_worker.ledger.prepared import Prepared
from mailer_worker.ledger.tables import changes, mails, suppressions
from mailer_worker.standing import Change

_GLANCE = Prepared(
    select(
        select(func.max(changes.c.place))
        .where(changes.c.submission_id == bindparam("submission"))
        .scalar_subquery()
        .label("newest"),
        exists().where(mails.c.event_id == bindparam("event")).label("is_claimed"),
        exists()
        .where(
            mails.c.submission_id == bindparam("submission"),
            mails.c.event_id != bindparam("event"),
            mails.c.state == "claimed",
            mails.c.claimed_at > NOW - bindparam("lease"),
        )
        .label("is_busy"),
        select(suppressions.c.reason)
        .where(suppressions.c.recipient_key == bindparam("key"))
        .scalar_subquery()
        .label("unwanted"),
        NOW.label("now"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What was seen.

    `newest` is the last place of the submission's changes, `is_claimed` whether there
    was any claim on the event's mail, `is_busy` whether another mail of the submission
    is under way, `unwanted` why the address gets no mails; `now` is when, in
    milliseconds since 1970.
    """

    newest: int
    is_claimed: bool
    is_busy: bool
    unwanted: str | None
    now: int


def at(
    connection: Connection, change: Change, *, recipient_key: str, lease: float
) -> Glance:
    """Look; a claim is under way for `lease` seconds."""
    asked = {
        "submission": change.submission_id,
        "event": change.event_id,
        "key": recipient_key,
        "lease": int(lease * 1000),
    }
    row = _GLANCE.run(connection, asked).one()
    return Glance(
        newest=row.newest or 0,
        is_claimed=bool(row.is_claimed),
        is_busy=bool(row.is_busy),
        unwanted=row.unwanted,
        now=row.now,
    )
