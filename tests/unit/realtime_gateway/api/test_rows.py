"""Two sources that each know something else make one table, page by page."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from realtime_gateway.api.rows import Listing, Row, merged, place_of
from shared.versions import Version


def row(submission_id, updated_at, source):
    raw = msgspec.Raw(f'"{source}"'.encode())
    return Row(id=submission_id, version=Version(updated_at=updated_at), json=raw)


def listing(rows, after, limit):
    """What a source says when it is asked for `limit` rows after an id."""
    start = place_of(after) if after else ""
    found = sorted(
        (each for each in rows if place_of(each.id) > start),
        key=lambda each: place_of(each.id),
    )
    return Listing(rows=found[:limit], complete=len(found) <= limit)


def walked(log, table, known, *, limit, sizes):
    """Read all pages, the sources stopping now here and now there."""
    pages, after = [], None
    while True:
        sources = [listing(rows, after, sizes()) for rows in (log, *table)]
        page = merged(sources[0], sources[1:], known, limit)
        assert len(page.rows) <= limit
        pages += page.rows
        if page.ends_at is None:
            return pages
        assert after is None or place_of(page.ends_at) > place_of(after)
        after = page.ends_at


numbers = st.integers(0, 30).map(lambda n: str(n**3))
versions = st.one_of(st.none(), st.integers(0, 3))


@given(
    log=st.dictionaries(numbers, st.tuples(versions, st.booleans(), st.booleans())),
    table=st.dictionaries(numbers, versions),
    limit=st.integers(1, 6),
    data=st.data(),
)
def test_all_pages_together_are_the_newest_of_both_each_row_once_and_in_order(
    log, table, limit, data
):
    shown = [row(i, at, "log") for i, (at, gone, fits) in log.items() if fits > gone]
    known = {
        i: Version(updated_at=at, deleted=gone) for i, (at, gone, _) in log.items()
    }

    pages = walked(
        shown,
        [[row(i, at, "table") for i, at in table.items()]],
        known,
        limit=limit,
        sizes=lambda: data.draw(st.integers(1, 8)),
    )

    expected = {each.id: "log" for each in shown}
    for submission_id, at in table.items():
        mine = known.get(submission_id)
        newer = mine is not None and None not in (mine.updated_at, at)
        newer = newer and not mine.deleted and at > mine.updated_at
        if mine is None or newer:
            expected[submission_id] = "table"
    assert {r.id: msgspec.json.decode(r.json) for r in pages} == expected
    assert [int(r.id) for r in pages] == sorted(int(each) for each in expected)


def test_two_listings_of_one_artist_are_cut_where_the_first_of_them_stops():
    by_row_id = Listing(rows=[row("1", 1, "t"), row("9", 1, "t")], complete=False)
    by_auth_id = Listing(rows=[row("4", 1, "t"), row("12", 1, "t")], complete=True)
    nothing = Listing(rows=[], complete=True)

    page = merged(nothing, [by_row_id, by_auth_id], {}, 10)

    assert [each.id for each in page.rows] == ["1", "4", "9"]
    assert page.ends_at == "9"


def test_ids_sort_as_postgres_sorts_uuids_and_whole_numbers():
    uuids = [
        f"{first}-0000-4000-8000-00000000000b" for first in ("0a000000", "a0000000")
    ]

    assert sorted(["10", "9", "100", "1"], key=place_of) == ["1", "9", "10", "100"]
    assert sorted(uuids, key=place_of) == uuids
