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
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from mailer_worker.ledger.clock import NOW
from mailer_worker.ledger.prepared import Prepared
from mailer_worker.ledger.tables import mails
from mailer_worker.standing import Known

State = Literal["claimed", "free", "uncertain", "accepted"]

_MINE = (mails.c.event_id == bindparam("event")) & (
    mails.c.recipient == bindparam("to")
)
_NOT_ACCEPTED = _MINE & (mails.c.state != "accepted")
_ENDED = ["state", "mailgun_id"]
_OF_EVENT = Prepared(
    select(mails, NOW.label("read_at")).where(mails.c.event_id == bindparam("event"))
)
_UNKNOWN = select(mails.c.event_id).where(
    mails.c.submission_id == bindparam("submission"),
    mails.c.state.in_(["claimed", "uncertain"]),
)
_CLAIM = Prepared(insert(mails), [column.name for column in mails.columns])
_CLAIM_AGAIN = Prepared(
    update(mails).where(_MINE),
    ["state", "attempt", "claimed_at", "settled_at", "message_id"],
)
_ACCEPT = Prepared(update(mails).where(_NOT_ACCEPTED).values(settled_at=NOW), _ENDED)
_SETTLE = Prepared(
    update(mails)
    .where(_NOT_ACCEPTED & (mails.c.attempt == bindparam("number")))
    .values(settled_at=NOW),
    _ENDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A mail that is sent, or was: moments in milliseconds since 1970.

    All by the ledger's clock, `read_at` too, which is when it was so. `began` is when
    whoever made the claim began to, in seconds of `clock.elapsed`.
    """

    event_id: str
    recipient: str
    state: State
    attempt: int
    claimed_at: int
    settled_at: int | None
    message_id: str
    mailgun_id: str | None
    read_at: int = field(compare=False)
    began: float = field(default=0.0, compare=False)


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
    began: float,
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
        values |= {"read_at": now, "began": began}
        return replace(free, **values)  # type: ignore[arg-type]
    values |= {"event_id": event_id, "recipient": recipient, "mailgun_id": None}
    _CLAIM.run(connection, values | {"submission_id": submission_id})
    return Claim(**values, read_at=now, began=began)  # type: ignore[arg-type]


def settle(
    connection: Connection,
    claim: Claim,
    state: State,
    *,
    mailgun_id: str | None = None,
) -> bool:
    """Settle the claim; False where it was accepted or claimed anew meanwhile.

    That it was accepted is noted whoever has claimed it by now.
    """
    values: dict[str, object] = {
        "state": state,
        "mailgun_id": mailgun_id,
        "event": claim.event_id,
        "to": claim.recipient,
    }
    if state == "accepted":
        return _ACCEPT.run(connection, values).rowcount == 1
    mine = {"number": claim.attempt}
    return _SETTLE.run(connection, values | mine).rowcount == 1


def doubt(connection: Connection, claim: Claim) -> Claim:
    """Settle it as uncertain; return it so, whoever else has a say in it by now."""
    is_mine = settle(connection, claim, "uncertain")
    found = next(
        each
        for each in of_event(connection, claim.event_id)
        if each.recipient == claim.recipient
    )
    since = found.settled_at if is_mine else found.read_at
    return replace(claim, state="uncertain", settled_at=since, read_at=found.read_at)


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
        read_at=row.read_at,
    )
