"""Claims on mails, inside the caller's transaction.

    (none) --claim--> claimed --accept--> accepted
                        ^  |
              claim     |  +--release--> free        Mailgun surely has it not
              again     |  +--doubt----> uncertain   nobody knows
                        +------free, uncertain (found out), claimed (owner is gone)

Each claim has the number of its attempt; whoever settles one names it, so that a
worker that was given up cannot settle the claim of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, exists, insert, select, update

from mailer_worker.ledger.tables import mails

State = Literal["claimed", "free", "uncertain", "accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A mail that is sent, or was: moments in milliseconds since 1970."""

    event_id: str
    recipient: str
    state: State
    attempt: int
    claimed_at: int
    settled_at: int | None
    message_id: str
    mailgun_id: str | None


def of_event(connection: Connection, event_id: str) -> Sequence[Claim]:
    """Return the claims for an event: one, unless its artist's address changed."""
    query = select(mails).where(mails.c.event_id == event_id)
    return [_claim(row) for row in connection.execute(query)]


def is_open(connection: Connection, claim: Claim) -> bool:
    """Tell whether it is not known that Mailgun has the mail; it stays so meanwhile."""
    place = (mails.c.event_id == claim.event_id) & (
        mails.c.recipient == claim.recipient
    )
    query = select(mails.c.state).where(place).with_for_update()
    return bool(connection.execute(query).scalar() != "accepted")


def is_under_way(
    connection: Connection, submission_id: str, *, but: str, since: int
) -> bool:
    """Tell whether another event's mail of the submission is claimed since then."""
    others = (
        (mails.c.submission_id == submission_id)
        & (mails.c.event_id != but)
        & (mails.c.state == "claimed")
        & (mails.c.claimed_at > since)
    )
    return bool(connection.execute(select(exists().where(others))).scalar())


def claim(
    connection: Connection,
    *,
    event_id: str,
    recipient: str,
    submission_id: str,
    message_id: str,
    now: int,
) -> Claim:
    """Claim a mail that nobody has a claim on: a new one, or one that is free."""
    place = (mails.c.event_id == event_id) & (mails.c.recipient == recipient)
    row = connection.execute(select(mails.c.attempt).where(place)).first()
    values: dict[str, object] = {
        "state": "claimed",
        "attempt": 1 if row is None else row.attempt + 1,
        "claimed_at": now,
        "settled_at": None,
        "message_id": message_id,
    }
    if row is None:
        names = {"event_id": event_id, "recipient": recipient}
        values |= names | {"submission_id": submission_id}
        connection.execute(insert(mails), values)
    else:
        connection.execute(update(mails).where(place), values)
    claimed = connection.execute(select(mails).where(place)).one()
    return _claim(claimed)


def settle(
    connection: Connection,
    claim: Claim,
    state: State,
    *,
    now: int,
    mailgun_id: str | None = None,
) -> bool:
    """Settle the claim; False where it was accepted or claimed anew meanwhile.

    That it was accepted is noted whoever has claimed it by now.
    """
    mine = (
        (mails.c.event_id == claim.event_id)
        & (mails.c.recipient == claim.recipient)
        & (mails.c.state != "accepted")
    )
    if state != "accepted":
        mine &= mails.c.attempt == claim.attempt
    values = {"state": state, "settled_at": now, "mailgun_id": mailgun_id}
    return connection.execute(update(mails).where(mine), values).rowcount == 1


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        event_id=row.event_id,
        recipient=row.recipient,
        state=row.state,
        attempt=row.attempt,
        claimed_at=row.claimed_at,
        settled_at=row.settled_at,
        message_id=row.message_id,
        mailgun_id=row.mailgun_id,
    )
