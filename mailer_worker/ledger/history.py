"""All that the ledger knows of a submission, for people; and forgetting what is old."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, select

from mailer_worker.ledger.clock import NOW
from mailer_worker.ledger.tables import changes, mails, outcomes

#: Changes that one pruning takes away at the most: no transaction may be long.
PRUNED_AT_ONCE = 500
MAX_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A mail of a change; moments in milliseconds since 1970."""

    recipient: str
    state: str
    attempt: int
    claimed_at: int
    settled_at: int | None
    message_id: str
    mailgun_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Mailgun told of it; `time` as the event has it."""

    outcome: str
    severity: str | None
    reason: str | None
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A status change with what was done about it."""

    event_id: str
    status: str | None
    status_before: str | None
    seen_at: int
    state: str
    reason: str | None
    mails: list[Attempted] = field(default_factory=list)
    outcomes: list[Told] = field(default_factory=list)


def of_submission(connection: Connection, submission_id: str) -> list[Entry]:
    """Return the submission's changes, oldest first."""
    query = (
        select(changes)
        .where(changes.c.submission_id == submission_id)
        .order_by(changes.c.place)
        .limit(MAX_SHOWN)
    )
    return [
        Entry(
            event_id=row.event_id,
            status=row.status,
            status_before=row.status_before,
            seen_at=row.seen_at,
            state=row.state,
            reason=row.reason,
            mails=_mails(connection, row.event_id),
            outcomes=_outcomes(connection, row.event_id),
        )
        for row in connection.execute(query).all()
    ]


def counts(connection: Connection) -> dict[str, int]:
    """Return how many mails are in each state that is not an end."""
    query = (
        select(mails.c.state, func.count().label("number"))
        .where(mails.c.state.in_(["claimed", "uncertain"]))
        .group_by(mails.c.state)
    )
    return {row.state: row.number for row in connection.execute(query)}


def prune(connection: Connection, *, days: float) -> int:
    """Forget changes that were heard of so many days ago; return how many.

    What is not known to have ended stays, however old.
    """
    ended = ("repeated", "superseded", "taken-back", "skipped", "accepted")
    before = NOW - int(days * 86_400_000)
    query = (
        select(changes.c.event_id)
        .where(changes.c.seen_at < before, changes.c.state.in_(ended))
        .order_by(changes.c.seen_at)
        .limit(PRUNED_AT_ONCE)
    )
    old = list(connection.execute(query).scalars())
    for column in (changes.c.event_id, mails.c.event_id, outcomes.c.cause):
        connection.execute(delete(column.table).where(column.in_(old)))
    return len(old)


def _mails(connection: Connection, event_id: str) -> list[Attempted]:
    query = select(
        mails.c.recipient,
        mails.c.state,
        mails.c.attempt,
        mails.c.claimed_at,
        mails.c.settled_at,
        mails.c.message_id,
        mails.c.mailgun_id,
    ).where(mails.c.event_id == event_id)
    return [Attempted(**row._mapping) for row in connection.execute(query)]


def _outcomes(connection: Connection, event_id: str) -> list[Told]:
    query = (
        select(
            outcomes.c.outcome, outcomes.c.severity, outcomes.c.reason, outcomes.c.time
        )
        .where(outcomes.c.cause == event_id)
        .order_by(outcomes.c.number)
        .limit(MAX_SHOWN)
    )
    return [Told(**row._mapping) for row in connection.execute(query)]
