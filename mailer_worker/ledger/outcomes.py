"""What Mailgun tells of mails, and who wants no more: in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer_worker.ledger.clock import NOW
from mailer_worker.ledger.tables import outcomes, suppressions
from shared.events import EmailEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An address that gets no more mails; `since` in milliseconds since 1970."""

    recipient_key: str
    masked: str | None
    reason: str
    cause: str | None
    since: int


def note(connection: Connection, event: EmailEvent) -> None:
    """Keep what became of a mail, once."""
    data = event.data
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = kind.insert(outcomes).on_conflict_do_nothing(
        index_elements=[outcomes.c.id]
    )
    connection.execute(
        statement,
        {
            "id": event.id,
            "cause": data.cause,
            "outcome": data.outcome,
            "severity": None if data.severity is msgspec.UNSET else data.severity,
            # PostgreSQL keeps every character of a stranger's but this one.
            "reason": data.reason and data.reason.replace("\0", ""),
            "time": event.time,
        },
    )


def suppress(connection: Connection, event: EmailEvent) -> None:
    """Keep that the address of the event's mail gets no more, where it says so."""
    data = event.data
    if data.suppression is msgspec.UNSET or data.recipient_key is msgspec.UNSET:
        return
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        kind.insert(suppressions)
        .values(since=NOW)
        .on_conflict_do_nothing(index_elements=[suppressions.c.recipient_key])
    )
    connection.execute(
        statement,
        {
            "recipient_key": data.recipient_key,
            "masked": data.recipient,
            "reason": data.suppression,
            "cause": data.cause,
        },
    )


def all_suppressed(connection: Connection, limit: int) -> list[Suppressed]:
    """Return the addresses that get no more mails, the newest first."""
    query = select(suppressions).order_by(suppressions.c.since.desc()).limit(limit)
    return [Suppressed(**row._mapping) for row in connection.execute(query)]


def lift(connection: Connection, recipient_key: str) -> bool:
    """Let the address get mails again; False where it does already."""
    found = connection.execute(
        delete(suppressions).where(suppressions.c.recipient_key == recipient_key)
    )
    return found.rowcount > 0
