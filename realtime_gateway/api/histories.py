"""`GET /api/submissions/{id}/history`: what happened to it, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web

from realtime_gateway.api import actors, cursors, history, parameters
from realtime_gateway.api.callers import Caller
from realtime_gateway.api.history import Change, Mail, Wanted
from realtime_gateway.api.problems import Problem, at_fault
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.sources import Sources, answer

PARAMETERS = ("limit", "cursor")


class SubmissionHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what the change log still holds."""

    submission_id: str
    items: Sequence[Change | Mail]
    next: str | None


async def show(
    request: web.Request, caller: Caller, sources: Sources
) -> web.StreamResponse:
    """Answer with one page of history; raise Problem."""
    given = parameters.read(request.query.items(), PARAMETERS)
    cursor = cursors.read(cursors.History, given.get("cursor"))
    limit = parameters.page_size(given)
    submission_id = parameters.canonical(request.match_info["id"])
    await _check_known(submission_id, caller.scope, sources)
    wanted = Wanted(
        submission_id=submission_id,
        scope=caller.scope,
        after=await _position_of(cursor, sources),
        limit=limit,
    )
    page = await sources.read(lambda db: history.page_of(db, wanted))
    items = await actors.named(page.items, sources.users)
    last = None if page.complete else page.items[-1]
    return answer(
        SubmissionHistory(
            submission_id=submission_id,
            items=items,
            next=cursors.write(cursors.History(last.id)) if last else None,
        )
    )


async def _check_known(submission_id: str, scope: Scope, sources: Sources) -> None:
    """Raise Problem where there is none, or none of the caller's: both look alike."""
    if parameters.is_plain(submission_id) and (
        await sources.read(lambda db: history.is_known(db, submission_id, scope))
        # It may not have changed for longer than the log goes back.
        or await sources.from_table(lambda table: table.has(submission_id, scope))
    ):
        return
    raise Problem(HTTPStatus.NOT_FOUND, "no such submission")


async def _position_of(cursor: cursors.History | None, sources: Sources) -> int:
    position = await sources.position_of(cursor.after) if cursor else 0
    if position is None:
        raise at_fault("cursor", "is no longer known: begin with the first page")
    return position
