"""`GET /api/submissions`: the whole table, in pages, without a gap to what follows it.

`as_of` is taken before anything is read, and stays that of the first page: a row that
changes while the pages are read is either shown as changed, or the change comes after
`as_of`, where a socket or `/api/events` takes up; mostly both.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from realtime_gateway.api import cursors, mails, parameters, snapshot
from realtime_gateway.api.callers import Caller
from realtime_gateway.api.cursors import Snapshot
from realtime_gateway.api.problems import Problem, at_fault
from realtime_gateway.api.rows import Page, merged
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.snapshot import Wanted
from realtime_gateway.api.sources import Sources, answer
from realtime_gateway.protocol import EmailUpdate

PARAMETERS = ("status", "artist_id", "limit", "cursor")


class Submissions(msgspec.Struct, frozen=True, kw_only=True):
    """A page: everything after the event `as_of` is still to come.

    `mails` has the newest outcome for each of its rows that had one; artists are told
    nothing of mails.
    """

    as_of: str | None
    items: list[msgspec.Raw]
    mails: list[EmailUpdate] | msgspec.UnsetType
    next: str | None


async def show(
    request: web.Request, caller: Caller, sources: Sources
) -> web.StreamResponse:
    """Answer with one page of current rows; raise Problem."""
    given = parameters.read(request.query.items(), PARAMETERS)
    cursor = cursors.read(Snapshot, given.get("cursor"))
    wanted = Wanted(
        scope=_narrowed(caller.scope, parameters.identifier(given, "artist_id")),
        status=parameters.text(given, "status"),
        after=cursor.after if cursor else None,
        limit=parameters.page_size(given),
    )
    as_of = await _as_of(cursor, sources)
    # Without it there is no answer: the log alone would be a part of the table that
    # looks like all of it.
    table = await sources.from_table(lambda table: table.listings(wanted))
    ids = [row.id for listing in table for row in listing.rows]
    versions, rows = await sources.read(
        lambda db: (snapshot.versions_of(db, ids), snapshot.rows_of(db, wanted))
    )
    page = merged(rows, table, versions, wanted.limit)
    following = page.ends_at and cursors.write(Snapshot(page.ends_at, as_of))
    return answer(
        Submissions(
            as_of=as_of,
            items=[row.json for row in page.rows],
            mails=await _mails(page, caller.scope, sources),
            next=following,
        )
    )


async def _mails(
    page: Page, scope: Scope, sources: Sources
) -> list[EmailUpdate] | msgspec.UnsetType:
    if not scope.is_whole:
        return msgspec.UNSET
    ids = [row.id for row in page.rows]
    return await sources.read(lambda db: mails.newest_of(db, ids))


def _narrowed(scope: Scope, artist_id: str | None) -> Scope:
    if artist_id is None:
        return scope
    if not scope.covers(artist_id):
        raise Problem(HTTPStatus.FORBIDDEN, "another artist's submissions")
    return Scope((artist_id,))


async def _as_of(cursor: Snapshot | None, sources: Sources) -> str | None:
    if cursor is None:
        return await sources.read(snapshot.newest_event_id)
    # This gateway must have got as far as the one that the first page came from.
    if cursor.as_of and await sources.position_of(cursor.as_of) is None:
        raise at_fault("cursor", "is no longer known: begin with the first page")
    return cursor.as_of
