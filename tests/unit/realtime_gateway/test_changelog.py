"""The change log: in order, once each, and rebuilt when it is beyond repair."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest

from realtime_gateway.changelog import schema, writer
from realtime_gateway.changelog.entries import Bookmark, Entry
from realtime_gateway.changelog.folder import claim
from realtime_gateway.changelog.log import ChangeLog
from realtime_gateway.changelog.reader import HistoryPruned, after, position_of
from shared import events
from shared.errors import Malformed
from shared.events import ChangeData, ChangeEvent

EARLY = "2026-01-01T00:00:00.000+00:00"


def entry(offset, *, event_id=None, artist="a", time=EARLY, fingerprint=None, **row):
    status = row.get("status")
    record = {"id": "s", **row}
    event = ChangeEvent(
        id=event_id or f"e{offset}",
        source="/t",
        type=events.STATUS_CHANGED if status else events.UPDATED,
        subject="s",
        time=time,
        fingerprint=fingerprint or msgspec.UNSET,
        data=ChangeData(
            operation="UPDATE",
            submission_id=row.get("id", "s"),
            artist_id=artist,
            record={n: msgspec.Raw(msgspec.json.encode(v)) for n, v in record.items()},
            old_record={},
        ),
    )
    return Entry(stream_offset=offset, event=event, body=events.encode(event))


class Log(ChangeLog):
    def add(self, *entries):
        last = entries[-1]
        return self.append(entries, Bookmark(last.stream_offset, last.event.id))

    def ask(self, query, *args, **options):
        with closing(schema.connect_for_reading(self.path)) as connection:
            return query(connection, *args, **options)

    def rows(self, sql):
        return self.ask(lambda connection: connection.execute(sql).fetchall())


@pytest.fixture
def changelog(tmp_path):
    log = Log(tmp_path)
    yield log
    log.close()


def ids(stored):
    return [each.event.id for each in stored]


def test_events_are_stored_once_and_come_back_in_order(changelog):
    first = changelog.add(entry(0), entry(1), entry(2, event_id="e0"))
    second = changelog.add(entry(1), entry(3))

    assert (ids(first), ids(second)) == (["e0", "e1"], ["e3"])
    start = changelog.ask(position_of, "e0")
    assert changelog.newest()[1] == "e3"
    assert ids(changelog.ask(after, start, artist_ids=None)) == ["e1", "e3"]


@pytest.mark.parametrize(
    ("later", "stored"),
    [
        ("2026-01-01T00:00:09.000+00:00", ["e0"]),
        ("2025-12-31T23:59:55.000+00:00", ["e0"]),
        ("2026-01-01T00:00:11.000Z", ["e0", "e1"]),
    ],
)
def test_same_change_under_two_ids_is_stored_once_within_ten_seconds(
    changelog, later, stored
):
    changelog.add(entry(0, fingerprint="f"), entry(1, fingerprint="f", time=later))

    assert ids(changelog.ask(after, 0, artist_ids=None)) == stored
    assert changelog.bookmark() == Bookmark(1, "e1")


def test_rows_without_a_version_may_go_there_and_back_again(changelog):
    there, back = {"status": "approved"}, {"status": "pending"}
    new = changelog.add(
        entry(0, fingerprint="there", **there),
        entry(1, fingerprint="there", **there),
        entry(2, fingerprint="back", **back),
        entry(3, fingerprint="there", **there),
    )

    assert ids(new) == ["e0", "e2", "e3"]
    assert changelog.rows("select status from submissions") == [("approved",)]


def test_same_rows_under_two_sequences_are_two_changes(changelog):
    twins = [entry(n, fingerprint="f", updated_at="2026-01-01") for n in (0, 1)]
    new = changelog.add(
        *(
            replace(each, event=event, body=events.encode(event))
            for number, each in enumerate(twins)
            for event in [msgspec.structs.replace(each.event, sequence=str(number))]
        )
    )

    assert ids(new) == ["e0", "e1"]


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59-01:00", "0001-01-01", "9999-12-31", "", "now"]
)
def test_strange_time_costs_neither_the_event_nor_its_neighbours(changelog, time):
    new = changelog.add(
        entry(0), entry(1, time=time, fingerprint="f"), entry(2, fingerprint="g")
    )

    assert ids(new) == ["e0", "e1", "e2"]


def test_event_beyond_storing_is_passed_over_alone(changelog, monkeypatch):
    insert = writer.insert

    def fails(connection, each):
        stored = insert(connection, each)
        if each.event.id == "e1":
            raise OverflowError("made up")
        return stored

    monkeypatch.setattr(writer, "insert", fails)

    assert ids(changelog.add(entry(0), entry(1), entry(2))) == ["e0", "e2"]
    assert ids(changelog.ask(after, 0, artist_ids=None)) == ["e0", "e2"]


def test_older_version_is_kept_as_stale_and_leaves_the_row_alone(changelog):
    new = changelog.add(
        entry(0, updated_at="2026-01-01T00:00:02Z", status="approved"),
        entry(1, updated_at="2026-01-01T00:00:01Z", status="pending"),
        entry(2, updated_at="2026-01-01T00:00:03+00:00", status="rejected"),
    )

    assert [each.stale for each in new] == [False, True, False]
    replayed = changelog.ask(after, 0, artist_ids=None)
    assert [each.stale for each in replayed] == [False, True, False]
    assert changelog.rows("select status, position from submissions") == [
        ("rejected", 3)
    ]


def test_artist_gets_back_only_what_is_theirs_under_either_id(changelog):
    changelog.add(entry(0, artist="a"), entry(1, artist="b"), entry(2, artist="x"))

    assert ids(changelog.ask(after, 0, artist_ids=["a", "x"])) == ["e0", "e2"]


def test_pages_end_where_they_are_told(changelog):
    changelog.add(*(entry(n) for n in range(5)))

    page = changelog.ask(after, 1, artist_ids=None, limit=2)

    assert [each.position for each in page] == [2, 3]


def test_first_review_and_decision_are_kept_from_the_first_time(changelog):
    for second, status in enumerate(["in-review", "approved", "rejected"]):
        time = f"2026-01-01T00:00:0{second}.000+00:00"
        submitted = {"submitted_at": "2025-12-31T23:59:00+00:00"}
        changelog.add(entry(second, status=status, time=time, **submitted))

    (row,) = changelog.rows(
        "select submitted_at, first_review_at, decided_at from submissions"
    )
    assert (row[1] - row[0], row[2] - row[1]) == (60, 1)
    assert changelog.rows("select minute, type, count from minutes") == [
        ("2026-01-01T00:00", events.STATUS_CHANGED, 3)
    ]


def test_bookmark_survives_reopening_and_clearing_forgets_it(tmp_path):
    log = Log(tmp_path)
    log.add(entry(7))
    log.close()

    again = Log(tmp_path)
    assert again.bookmark() == Bookmark(7, "e7")
    again.clear()
    assert again.bookmark() is None
    assert again.newest() == (0, None)
    again.close()


def test_gateways_on_one_folder_get_a_place_each_and_leave_it_to_the_next(tmp_path):
    first, second = claim(tmp_path), claim(tmp_path)

    assert [first.folder, second.folder] == [tmp_path, tmp_path / "2"]
    first.release()
    third = claim(tmp_path)
    assert third.folder == tmp_path
    second.release()
    third.release()


def test_old_events_are_pruned_from_the_front_and_never_the_newest(changelog):
    changelog.add(*(entry(n, time=f"2026-01-0{n + 1}T00:00:00Z") for n in range(4)))

    def prune(before, at_most):
        return changelog.prune(before=before, max_bytes=10**9, at_most=at_most)

    assert prune("2026-01-03", 1)
    assert not prune("2026-01-03", 10)
    assert ids(changelog.ask(after, 2, artist_ids=None)) == ["e2", "e3"]
    assert not prune("2027", 10)
    assert changelog.bookmark() == Bookmark(3, "e3")
    assert changelog.newest()[1] == "e3"


def test_event_between_others_is_not_pruned_for_its_own_age(changelog):
    changelog.add(entry(0, time="2026-01-05"), entry(1, time="2026-01-01"), entry(2))

    assert not changelog.prune(before="2026-01-03", max_bytes=10**9, at_most=9)
    assert len(changelog.ask(after, 0, artist_ids=None)) == 3


def test_log_that_is_too_large_loses_its_oldest_events(changelog):
    changelog.add(*(entry(n, title="x" * 50_000) for n in range(40)))

    while changelog.prune(before="2000", max_bytes=1_000_000, at_most=5):
        pass

    kept = changelog.rows("select count(*), max(position) from changes")[0]
    assert 5 < kept[0] < 25
    assert kept[1] == 40
    assert changelog.path.stat().st_size < 2_000_000


def test_extent_is_that_of_what_is_kept(changelog):
    assert changelog.extent().events == 0
    assert changelog.extent().oldest is None
    for number in range(1, 6):
        time = f"2026-01-0{number}T00:00:00+00:00"
        changelog.append([entry(number, time=time)], Bookmark(number, f"e{number}"))

    before = changelog.extent()
    changelog.prune(before="2026-01-03", max_bytes=10**9, at_most=10)

    after = changelog.extent()
    assert (before.events, after.events) == (5, 3)
    assert after.oldest - before.oldest == 2 * 86_400
    assert after.size > 0


def test_page_that_would_be_a_part_is_refused(changelog):
    changelog.add(*(entry(n, time="2026-01-01") for n in range(5)))
    changelog.prune(before="2027", max_bytes=10**9, at_most=3)

    assert ids(changelog.ask(after, 3, artist_ids=None)) == ["e3", "e4"]
    with pytest.raises(HistoryPruned):
        changelog.ask(after, 2, artist_ids=None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"not a database at all" * 100,
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:5_000] + b"\xff" * 9_000 + whole[14_000:],
    ],
    ids=["garbage", "empty", "cut in half", "overwritten"],
)
def test_damaged_file_is_replaced(tmp_path, damage):
    log = Log(tmp_path)
    log.add(*(entry(n, title="x" * 2_000) for n in range(50)))
    log.close()
    path = tmp_path / "changes.sqlite3"
    path.write_bytes(damage(path.read_bytes()))

    log = Log(tmp_path)

    assert log.bookmark() is None
    assert log.add(entry(0))
    log.close()


def test_file_of_another_layout_is_replaced(tmp_path):
    other = sqlite3.connect(tmp_path / "changes.sqlite3")
    other.execute("create table changes (x)")
    other.execute("pragma user_version = 99")
    other.close()

    log = Log(tmp_path)

    assert log.add(entry(0))
    log.close()


def test_stored_body_that_is_none_any_more_is_told(changelog):
    changelog.add(entry(0))
    with closing(schema.connect(changelog.path)) as other, other:
        other.execute("update changes set body = x'00ff'")

    with pytest.raises(Malformed):
        changelog.ask(after, 0, artist_ids=None)


def test_file_that_was_taken_away_is_noticed_and_renewed(changelog):
    changelog.add(entry(0))
    assert changelog.is_in_place()
    changelog.path.unlink()

    assert not changelog.is_in_place()
    changelog.renew()
    assert changelog.is_in_place()
    assert changelog.bookmark() is None


def test_batch_whose_middle_cannot_be_written_leaves_nothing_behind(changelog):
    """What is stored without its batch is not new later, and would never be told."""
    changelog.add(entry(0))
    fails = "before insert on changes when new.event_id = 'e2' begin"
    with closing(sqlite3.connect(changelog.path)) as other:
        other.execute(f"create trigger full {fails} select raise(abort, 'full'); end")
        with pytest.raises(sqlite3.Error, match="full"):
            changelog.add(entry(1), entry(2), entry(3))
        other.execute("drop trigger full")

    new = changelog.add(entry(1), entry(2), entry(3))

    assert [stored.event.id for stored in new] == ["e1", "e2", "e3"]
