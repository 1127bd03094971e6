"""What happened to a submission: which fields went from what to what, and mails."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from realtime_gateway.api.scope import Scope
from shared import events
from shared.events import (
    ChangeEvent,
    EmailEvent,
    Operation,
    RevocationEvent,
    Severity,
)

#: A page ends early where its events are larger than this together.
MAX_PAGE_BYTES = 4 * 1_048_576

_NULL = msgspec.Raw(b"null")


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A column's values as the database wrote them; null where there is none."""

    field: str
    before: msgspec.Raw = msgspec.field(name="from")
    after: msgspec.Raw = msgspec.field(name="to")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the row; `stale`: a newer one had arrived before it.

    `actor` is who made it, where that is known and the reader may know.
    """

    id: str
    time: str
    event: Operation
    stale: bool
    actor: str | None
    changes: list[FieldChange]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the mail about the change whose event id is `cause`."""

    id: str
    time: str
    event: str = "email"
    outcome: str
    recipient: str | None
    reason: str | None
    cause: str | None
    severity: Severity | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Events of one submission after a position, within the scope."""

    submission_id: str
    scope: Scope
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Items, oldest first; `complete`: no more follow."""

    items: Sequence[Change | Mail]
    complete: bool


def page_of(connection: sqlite3.Connection, wanted: Wanted) -> Page:
    """Return a page of history; raises Malformed where a stored body is none."""
    found = connection.execute(
        "select stale, body from changes"  # noqa: S608 # nosec B608 # no values
        " where submission_id = :submission_id and position > :after"
        f"{wanted.scope.where('+artist_id')} order by position limit :limit",
        {
            "submission_id": wanted.submission_id,
            "after": wanted.after,
            "limit": wanted.limit + 1,
            **wanted.scope.parameters,
        },
    )
    items: list[Change | Mail] = []
    size = 0
    for stale, body in found:
        if len(items) == wanted.limit or size > MAX_PAGE_BYTES:
            return Page(items=items, complete=False)
        event = events.decode(body)
        if not isinstance(event, RevocationEvent):
            # Whose hand it was is between admins.
            item = item_of(event, stale=bool(stale), to_admin=wanted.scope.is_whole)
            items.append(item)
        size += len(body)
    return Page(items=items, complete=True)


def is_known(connection: sqlite3.Connection, submission_id: str, scope: Scope) -> bool:
    """Tell whether there is any event of the submission, or its row, to be seen."""
    which = f"where submission_id = :submission_id{scope.where('+artist_id')}"
    found = connection.execute(
        f"select exists (select 1 from changes {which})"  # noqa: S608 # nosec B608 # no values
        f" or exists (select 1 from submissions {which} and deleted = 0)",
        {"submission_id": submission_id, **scope.parameters},
    )
    return bool(found.fetchone()[0])


def item_of(
    event: ChangeEvent | EmailEvent, *, stale: bool, to_admin: bool
) -> Change | Mail:
    """Return the event as history tells it."""
    if isinstance(event, EmailEvent):
        return Mail(
            id=event.id,
            time=event.time,
            outcome=event.data.outcome,
            recipient=event.data.recipient,
            reason=event.data.reason,
            cause=event.data.cause,
            severity=event.data.severity,
        )
    data = event.data
    old, new = data.old_record or {}, data.record or {}
    return Change(
        id=event.id,
        time=event.time,
        event=data.operation,
        stale=stale,
        actor=event.data.actor if to_admin else None,
        changes=[
            FieldChange(
                field=name, before=old.get(name, _NULL), after=new.get(name, _NULL)
            )
            for name in data.updated_fields
        ],
    )
