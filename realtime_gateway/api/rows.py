"""One page of the table out of two sources: the change log, and the table itself.

The change log has what changed lately, the table has everything, and neither has
always heard the last of the other. A page is cut where the first of them stops, so
that no row is passed over.

Ids are put in the order of their length, then of their text. That is Postgres's own
order of uuids, which all have one length and are written in lower case, and of whole
numbers from 0 on: bigint 9 comes before 10, as text it would come after. No other kind
of id sorts alike here and there (text with a collation, negative numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from shared.versions import Version, is_older

#: `place_of` in SQL; the indexes of the change log are over these very words.
PLACE = "printf('%03d', length(submission_id)) || submission_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of submissions as the database wrote it."""

    id: str
    version: Version
    json: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Rows in order; `complete`: no more of them follow."""

    rows: Sequence[Row]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in order; the next page begins after the id `ends_at`, None at the end."""

    rows: Sequence[Row]
    ends_at: str | None


def place_of(submission_id: str) -> str:
    """Return what sorts ids everywhere alike."""
    return f"{len(submission_id):03d}{submission_id}"


def merged(
    log: Listing,
    table: Sequence[Listing],
    versions: Mapping[str, Version],
    limit: int,
) -> Page:
    """Return the first `limit` rows; `versions` is what the log knows of the table's.

    The log's row wins unless the table's is newer; what the log knows to be deleted is
    left out, and so is a row that a newer change has moved out of the filter: it is
    then in the log, but not in `log`.
    """
    found = {row.id: row for row in log.rows}
    for row in (row for listing in table for row in listing.rows):
        if _is_newer(row, versions.get(row.id)):
            found[row.id] = row
    ids = sorted(found, key=place_of)
    stops = [listing.rows[-1].id for listing in (log, *table) if not listing.complete]
    stop = min(stops, key=place_of, default=None)
    if stop is not None:
        ids = [each for each in ids if place_of(each) <= place_of(stop)]
    if len(ids) > limit:
        ids, stop = ids[:limit], ids[limit - 1]
    return Page(rows=[found[each] for each in ids], ends_at=stop)


def _is_newer(row: Row, known: Version | None) -> bool:
    return known is None or (not known.deleted and is_older(known, row.version))
