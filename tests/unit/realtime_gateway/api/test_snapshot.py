"""The current rows of the change log: whole, filtered, in pages, by an index."""

import pytest

from realtime_gateway.api import snapshot
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.snapshot import Wanted


def wanted(**other):
    defaults = {"scope": Scope(), "status": None, "after": None, "limit": 10}
    return Wanted(**(defaults | other))


def ids(log, **other):
    return [row.id for row in snapshot.rows_of(log.reading, wanted(**other)).rows]


def test_rows_come_as_the_database_wrote_them(log):
    log.insert("1", bpm=132.50, tags={"a": [1, None]})

    (row,) = snapshot.rows_of(log.reading, wanted()).rows

    assert bytes(row.json) == (
        b'{"id":"1","status":"pending","userid":"ada","bpm":132.5,'
        b'"tags":{"a": [1, null]}}'
    )


def test_rows_are_filtered_by_what_they_are_now_and_deleted_ones_are_gone(log):
    for number in ("9", "10", "2"):
        log.insert(number)
    log.insert("3", userid="ben")
    log.update("10", {}, status="approved")
    log.delete("2")

    assert ids(log) == ["3", "9", "10"]
    assert ids(log, status="pending") == ["3", "9"]
    assert ids(log, scope=Scope(("ada", "x"))) == ["9", "10"]
    assert ids(log, after="3") == ["9", "10"]


def test_one_row_more_than_asked_for_tells_that_there_are_more(log):
    for number in range(4):
        log.insert(str(number))

    assert snapshot.rows_of(log.reading, wanted(limit=4)).complete
    more = snapshot.rows_of(log.reading, wanted(limit=3))
    assert (len(more.rows), more.complete) == (4, False)


def test_page_of_large_rows_ends_early(log, monkeypatch):
    monkeypatch.setattr(snapshot, "MAX_PAGE_BYTES", 1_000)
    for number in range(4):
        log.insert(str(number), feedback="x" * 800)

    page = snapshot.rows_of(log.reading, wanted())

    assert (len(page.rows), page.complete) == (2, False)


def test_versions_are_known_of_deleted_rows_too(log):
    log.insert("1", updated_at="2026-11-23T12:00:00+00:00")
    log.insert("2")
    log.delete("2")

    known = snapshot.versions_of(log.reading, ["1", "2", "3", 'x"]'])

    assert known["1"].updated_at == 1_795_435_200_000_000
    assert (known["1"].deleted, known["2"].deleted) == (False, True)
    assert set(known) == {"1", "2"}


def test_newest_event_is_none_in_an_empty_log(log):
    assert snapshot.newest_event_id(log.reading) is None
    event_id = log.insert("1")
    assert snapshot.newest_event_id(log.reading) == event_id


@pytest.mark.parametrize(
    "asked",
    [
        wanted(after="5"),
        wanted(after="5", status="pending"),
        wanted(after="5", scope=Scope(("ada", "x"))),
    ],
    ids=["all", "status", "artist"],
)
def test_page_is_found_by_an_index_however_long_the_table_is(log, asked):
    asked_for = []
    log.reading.set_trace_callback(asked_for.append)
    snapshot.rows_of(log.reading, asked)
    log.reading.set_trace_callback(None)

    plan = log.reading.execute(f"explain query plan {asked_for[0]}").fetchall()
    assert "SEARCH submissions USING INDEX" in plan[0][3]
    assert not any("SCAN submissions" in step[3] for step in plan)
