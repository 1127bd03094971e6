"""The current rows that the change log knows: pure SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from realtime_gateway.api.rows import PLACE, Listing, Row, place_of
from realtime_gateway.api.scope import Scope
from shared.versions import Version

#: A page ends early where its rows are larger than this together.
MAX_PAGE_BYTES = 8 * 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Rows within the scope, with this status, after the id `after`."""

    scope: Scope
    status: str | None
    after: str | None
    limit: int


def newest_event_id(connection: sqlite3.Connection) -> str | None:
    """Return the id of the last event stored, None when there is none."""
    found = connection.execute(
        "select event_id from changes order by position desc limit 1"
    ).fetchone()
    return found[0] if found else None


def rows_of(connection: sqlite3.Connection, wanted: Wanted) -> Listing:
    """Return current rows in order, up to one more than the limit."""
    status = "" if wanted.status is None else " and status = :status"
    found = connection.execute(
        "select submission_id, updated_at, row from submissions"  # noqa: S608 # nosec B608 # no values
        f" where deleted = 0 and {PLACE} > :place{wanted.scope.where()}{status}"
        f" order by {PLACE} limit :limit",
        {
            "place": place_of(wanted.after) if wanted.after else "",
            "status": wanted.status,
            "limit": wanted.limit + 1,
            **wanted.scope.parameters,
        },
    )
    rows: list[Row] = []
    size = 0
    for submission_id, updated_at, row in found:
        if size > MAX_PAGE_BYTES:
            return Listing(rows=rows, complete=False)
        version = Version(updated_at=updated_at)
        rows.append(Row(id=submission_id, version=version, json=msgspec.Raw(row)))
        size += len(row)
    return Listing(rows=rows, complete=len(rows) <= wanted.limit)


def versions_of(
    connection: sqlite3.Connection, ids: Iterable[str]
) -> dict[str, Version]:
    """Return how far the log knows these submissions, deleted ones too."""
    found = connection.execute(
        "select submission_id, updated_at, deleted from submissions"
        " where submission_id in (select value from json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {
        submission_id: Version(updated_at=updated_at, deleted=bool(deleted))
        for submission_id, updated_at, deleted in found
    }
