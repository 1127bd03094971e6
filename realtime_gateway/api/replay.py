"""Events as pages, in the very words that the caller's room is told: pure SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from realtime_gateway import protocol
from realtime_gateway.api.scope import Scope
from shared import events
from shared.events import RevocationEvent

#: What rooms are told of.
TYPES = (
    events.INSERTED,
    events.UPDATED,
    events.STATUS_CHANGED,
    events.DELETED,
    events.EMAIL_ACCEPTED,
    events.EMAIL_FAILED,
    events.EMAIL_SKIPPED,
    events.EMAIL_UNCERTAIN,
    events.EMAIL_DELIVERED,
    events.EMAIL_COMPLAINED,
    events.EMAIL_UNSUBSCRIBED,
    events.EMAIL_OPENED,
    events.EMAIL_CLICKED,
)
#: A page ends early where its events are larger than this together.
MAX_PAGE_BYTES = 4 * 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Events after a position, within the scope; of one type, None: of all."""

    scope: Scope
    type: str | None
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, oldest first, and the id of the last event among them."""

    items: Sequence[msgspec.Raw]
    last_event_id: str | None


def page_of(connection: sqlite3.Connection, wanted: Wanted) -> Page | None:
    """Return the messages: fewer than `limit` although there are more, but never none.

    None where some that come after the position are gone; raises Malformed where a
    stored body is none.
    """
    items: list[msgspec.Raw] = []
    last, size = None, 0
    for stale, body in _found(connection, wanted):
        event = events.decode(body)
        if not isinstance(event, RevocationEvent):
            update = protocol.update_of(event, stale=bool(stale))
            items.append(msgspec.Raw(update))
        last = event.id
        size += len(body)
        if size > MAX_PAGE_BYTES:
            break
    # Asked last: what is pruned while the page is read counts as well.
    oldest = connection.execute("select min(position) from changes").fetchone()[0]
    if wanted.after and oldest is not None and oldest > wanted.after + 1:
        return None
    return Page(items=items, last_event_id=last)


def _found(connection: sqlite3.Connection, wanted: Wanted) -> sqlite3.Cursor:
    if wanted.type is None:
        types = "+type in (select value from json_each(:types))"
    elif wanted.scope.is_whole:
        types = "type = :type"
    else:
        types = "+type = :type"  # one artist's events are few: theirs is the index
    return connection.execute(
        "select stale, body from changes"  # noqa: S608 # nosec B608 # no values
        f" where position > :after and {types}{wanted.scope.where()}"
        " order by position limit :limit",
        {
            "after": wanted.after,
            "limit": wanted.limit,
            "type": wanted.type,
            "types": json.dumps(TYPES),
            **wanted.scope.parameters,
        },
    )
