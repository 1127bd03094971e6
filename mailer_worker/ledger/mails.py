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
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from mailer_worker.ledger.prepared import Prepared
from mailer_worker.ledger.tables import mails
from mailer_worker.standing import Known

State = Literal["claimed", "free", "uncertain", "accepted"]

_MINE = (mails.c.event_id == bindparam("event")) & (
    mails.c.recipient == bindparam("to")
)
_NOT_ACCEPTED = _MINE & (mails.c.state != "accepted")
_ENDED = ["state", "settled_at", "mailgun_id"]
_OF_EVENT = Prepared(select(mails).where(mails.c.event_id == bindparam("event")))
_UNKNOWN = select(mails.c.event_id).where(
    mails.c.submission_id == bindparam("submission"),
    mails.c.state.in_(["claimed", "uncertain"]),
)
_CLAIM = Prepared(insert(mails), [column.name for column in mails.columns])
_CLAIM_AGAIN = Prepared(
    update(mails).where(_MINE),
    ["state", "attempt", "claimed_at", "settled_at", "message_id"],
)
_ACCEPT = Prepared(update(mails).where(_NOT_ACCEPTED), _ENDED)
_SETTLE = Prepared(
    update(mails).where(_NOT_ACCEPTED & (mails.c.attempt == bindparam("number"))),
    _ENDED,
)


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
    return [_claim(row) for row in _OF_EVENT.run(connection, {"event": event_id})]


def with_unknown(connection: Connection, known: Sequence[Known]) -> list[Known]:
    """Return a submission's changes, uncertain where Mailgun may hear of one by now."""
    asked = {"submission": known[0].change.submission_id}
    unknown = set(connection.execute(_UNKNOWN, asked).scalars())
    return [
        replace(each, state="uncertain") if each.change.event_id in unknown else each
        for each in known
    ]


def is_open(connection: Connection, claim: Claim) -> bool:
    """Tell whether it is not known that Mailgun has the mail; it stays so meanwhile."""
    place = (mails.c.event_id == claim.event_id) & (
        mails.c.recipient == claim.recipient
    )
    query = select(mails.c.state).where(place).with_for_update()
    return bool(connection.execute(query).scalar() != "accepted")


def claim(
    connection: Connection,
    free: Claim | None,
    *,
    event_id: str,
    recipient: str,
    submission_id: str,
    message_id: str,
    now: int,
) -> Claim:
    """Claim a mail that nobody has a claim on: the one that is `free`, or a new one."""
    values: dict[str, object] = {
        "state": "claimed",
        "attempt": free.attempt + 1 if free else 1,
        "claimed_at": now,
        "settled_at": None,
        "message_id": message_id,
    }
    if free is not None:
        _CLAIM_AGAIN.run(connection, values | {"event": event_id, "to": recipient})
        return replace(free, **values)  # type: ignore[arg-type]
    values |= {"event_id": event_id, "recipient": recipient, "mailgun_id": None}
    _CLAIM.run(connection, values | {"submission_id": submission_id})
    return Claim(**values)  # type: ignore[arg-type]


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
    values: dict[str, object] = {
        "state": state,
        "settled_at": now,
        "mailgun_id": mailgun_id,
        "event": claim.event_id,
        "to": claim.recipient,
    }
    if state == "accepted":
        return _ACCEPT.run(connection, values).rowcount == 1
    mine = {"number": claim.attempt}
    return _SETTLE.run(connection, values | mine).rowcount == 1


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
