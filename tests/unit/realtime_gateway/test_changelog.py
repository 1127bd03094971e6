"""The change log: in order, once each, and rebuilt when it is beyond repair."""

import sqlite3

import msgspec
import pytest

from realtime_gateway.changelog import Bookmark, ChangeLog, Entry, FolderTaken
from shared import events
from shared.events import ChangeData, ChangeEvent


def entry(offset, *, event_id=None, artist="a", time="2026-01-01T00:00:00.000+00:00"):
    record = {"id": msgspec.Raw(b'"s"')}
    event = ChangeEvent(
        id=event_id or f"e{offset}",
        source="/t",
        type=events.INSERTED,
        subject="s",
        time=time,
        data=ChangeData(
            operation="INSERT", submission_id="s", artist_id=artist, record=record
        ),
    )
    return Entry(stream_offset=offset, event=event, body=events.encode(event))


@pytest.fixture
def changelog(tmp_path):
    log = ChangeLog(tmp_path)
    yield log
    log.close()


def ids(recorded):
    return [events.decode(each.body).id for each in recorded]


def test_events_are_stored_once_and_come_back_in_order(changelog):
    first = changelog.append([entry(0), entry(1), entry(2, event_id="e0")])
    second = changelog.append([entry(1), entry(3)])

    assert [event.id for _, event in first] == ["e0", "e1"]
    assert [event.id for _, event in second] == ["e3"]
    start = changelog.position_of("e0")
    assert changelog.newest()[1] == "e3"
    missed = changelog.after(start, artist_ids=None, limit=10)
    assert ids(missed) == ["e1", "e3"]


def test_artist_gets_back_only_what_is_theirs_under_either_id(changelog):
    changelog.append([entry(0, artist="a"), entry(1, artist="b"), entry(2, artist="x")])

    own = changelog.after(0, artist_ids=["a", "x"], limit=10)

    assert ids(own) == ["e0", "e2"]


def test_pages_end_where_they_are_told(changelog):
    changelog.append([entry(n) for n in range(5)])

    page = changelog.after(1, artist_ids=None, limit=2)

    assert [each.position for each in page] == [2, 3]


def test_bookmark_survives_reopening_and_clearing_forgets_it(tmp_path):
    log = ChangeLog(tmp_path)
    log.append([entry(7)])
    log.close()

    again = ChangeLog(tmp_path)
    assert again.bookmark() == Bookmark(7, "e7")
    again.clear()
    assert again.bookmark() is None
    assert again.newest() == (0, None)
    again.close()


def test_two_gateways_cannot_share_a_folder(changelog, tmp_path):
    with pytest.raises(FolderTaken):
        ChangeLog(tmp_path)


def test_old_events_are_pruned_but_never_the_newest(changelog):
    changelog.append([entry(n, time=f"2026-01-0{n + 1}") for n in range(4)])

    assert changelog.prune(before="2026-01-03", at_most=1) == 1
    assert changelog.prune(before="2026-01-03", at_most=10) == 1
    assert changelog.prune(before="2027", at_most=10) == 1
    assert changelog.bookmark() == Bookmark(3, "e3")


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""])
def test_damaged_file_is_replaced(tmp_path, damage):
    (tmp_path / "changes.sqlite3").write_bytes(damage)

    log = ChangeLog(tmp_path)

    assert log.bookmark() is None
    assert log.append([entry(0)])
    log.close()


def test_file_of_another_layout_is_replaced(tmp_path):
    other = sqlite3.connect(tmp_path / "changes.sqlite3")
    other.execute("create table changes (x)")
    other.execute("pragma user_version = 99")
    other.close()

    log = ChangeLog(tmp_path)

    assert log.append([entry(0)])
    log.close()
