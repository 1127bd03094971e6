"""A damaged spool: what can be read goes on, what was there is kept aside."""

from __future__ import annotations

import os

import pytest

from ingest_service.spool.errors import SpoolUnwritable
from ingest_service.spool.file import Limits, SpoolFile
from ingest_service.spool.places import beside
from tests.unit.ingest_service.spool.conftest import (
    COUNT,
    CRASHED,
    is_in_order,
    kept_beside,
)

NOW = 1_700_000_000.0
#: The most messages that share a page with one another, and so a fate.
PAGEFUL = 6
PAGE = 4096
#: What stands in front of the messages: the layout, the roots of the tables.
FIXED_PAGES = 10


def cut(file, size):
    os.truncate(file, size)


def garble(file, begin, length=PAGE):
    with file.open("r+b") as opened:
        opened.seek(begin)
        opened.write(b"\xa5" * length)


@pytest.mark.parametrize("twentieth", range(20))
def test_file_cut_anywhere_gives_back_what_is_before_the_cut(
    at_rest, open_spool, numbered, ids, twentieth
):
    size = at_rest.stat().st_size * twentieth // 20
    cut(at_rest, size)

    spool = open_spool()

    found = ids(spool)
    assert is_in_order(found)
    assert len(found) >= (size // PAGE - FIXED_PAGES) * (PAGEFUL - 1)
    assert [file.stat().st_size for file in kept_beside(at_rest)] == [size]
    assert spool.state(NOW).depth == len(found)
    spool.append(numbered(COUNT, COUNT + 2), NOW)
    assert ids(spool) == [*found, COUNT, COUNT + 1]


@pytest.mark.parametrize("size", [0, 1, 99, 100, PAGE - 1, PAGE, PAGE + 1])
def test_file_cut_to_next_to_nothing_is_kept_and_begun_anew(
    at_rest, open_spool, numbered, ids, size
):
    cut(at_rest, size)

    spool = open_spool()
    spool.append(numbered(2), NOW)

    assert ids(spool) == [0, 1]
    assert len(kept_beside(at_rest)) == 1


def test_file_with_a_garbled_head_gives_back_everything(at_rest, open_spool, ids):
    garble(at_rest, 0)

    assert ids(open_spool()) == list(range(COUNT))
    assert len(kept_beside(at_rest)) == 1


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_garbled_pages_cost_the_messages_on_them_and_no_others(
    at_rest, open_spool, ids, place
):
    page = int(at_rest.stat().st_size * place) // PAGE
    garble(at_rest, page * PAGE, 3 * PAGE)

    found = ids(open_spool())

    assert is_in_order(found)
    assert COUNT - 4 * PAGEFUL <= len(found) < COUNT


def test_several_damaged_places_leave_what_is_between_them(at_rest, open_spool, ids):
    pages = at_rest.stat().st_size // PAGE
    for fifth in range(1, 5):
        garble(at_rest, pages * fifth // 5 * PAGE)

    found = ids(open_spool())

    assert is_in_order(found)
    assert COUNT - 4 * 2 * PAGEFUL <= len(found) < COUNT


def test_message_whose_text_was_altered_on_the_disk_is_not_passed_on(
    at_rest, open_spool, ids
):
    content = at_rest.read_bytes()
    place = content.index(b"00000123" * 10)
    garble(at_rest, place, 8)

    spool = open_spool()

    assert ids(spool) == [number for number in range(COUNT) if number != 123]
    assert len(kept_beside(at_rest)) == 1


@pytest.mark.parametrize("tenth", range(10))
def test_journal_cut_anywhere_gives_back_what_was_written_before(
    after_a_crash, open_spool, numbered, ids, tenth
):
    journal = beside(after_a_crash, "-wal")
    cut(journal, journal.stat().st_size * tenth // 10)

    spool = open_spool()
    found = ids(spool)

    assert found == list(range(len(found)))
    assert len(found) >= CRASHED * tenth // 10 - 2
    spool.append(numbered(CRASHED, CRASHED + 1), NOW)
    assert ids(spool) == [*found, CRASHED]


def test_nothing_is_lost_in_a_crash(after_a_crash, open_spool, ids):
    assert ids(open_spool()) == list(range(CRASHED))
    assert kept_beside(after_a_crash) == []


@pytest.mark.parametrize("size", [0, 50])
def test_journal_of_a_file_that_was_emptied_is_still_read(
    after_a_crash, open_spool, ids, size
):
    cut(after_a_crash, size)

    found = ids(open_spool())

    assert found == list(range(CRASHED))
    assert len(kept_beside(after_a_crash)) == 1


def test_damage_under_a_running_worker_is_mended_in_mid_append(
    at_rest, open_spool, path, numbered, ids
):
    spool = open_spool()
    cut(path, path.stat().st_size // 2)

    spool.append(numbered(COUNT, COUNT + 1), NOW)

    found = ids(spool)
    assert is_in_order(found)
    assert len(found) >= COUNT // 2 - FIXED_PAGES * PAGEFUL
    assert found[-1] == COUNT
    assert len(kept_beside(path)) == 1


def test_only_one_of_several_workers_mends_the_file(open_spool, path, numbered, ids):
    first, second = open_spool(), open_spool()
    first.append(numbered(COUNT), NOW)
    garble(path, 0)
    garble(beside(path, "-wal"), 0)

    first.append(numbered(COUNT, COUNT + 1), NOW)
    second.append(numbered(COUNT + 1, COUNT + 2), NOW)

    assert ids(first) == ids(second)
    assert ids(first)[-2:] == [COUNT, COUNT + 1]
    assert len(set(ids(first))) == len(ids(first))
    assert len(kept_beside(path)) <= 1


def test_worker_that_is_killed_while_it_mends_leaves_the_rest_to_the_next(
    at_rest, open_spool, ids, monkeypatch
):
    garble(at_rest, 0)
    with monkeypatch.context() as patched:
        # Killed when the new file is finished, before it stands in its place.
        patched.setattr("ingest_service.spool.places.put_in_place", killed)
        with pytest.raises(InterruptedError):
            raise_as_is(open_spool)

    assert ids(open_spool()) == list(range(COUNT))


def killed(finished, path):
    raise InterruptedError("as by SIGKILL")


def raise_as_is(work):
    try:
        work()
    except SpoolUnwritable as error:
        raise error.__cause__ from None


def test_refused_messages_are_rescued_with_their_reasons(
    open_spool, path, numbered, ids
):
    spool = open_spool()
    spool.append(numbered(20), NOW)
    spool.refuse(spool.oldest(1)[0], "cannot be encoded")
    spool.close()
    garble(path, 0)

    spool = open_spool()

    assert ids(spool) == list(range(1, 20))
    assert spool.state(NOW).refused == 1


def test_damaged_files_are_all_kept(open_spool, path, numbered):
    for _ in range(3):
        spool = open_spool()
        spool.append(numbered(1), NOW)
        spool.close()
        garble(path, 0)
    open_spool()

    assert len(kept_beside(path)) == 3


def test_spool_in_a_place_that_is_no_folder_says_so_and_lets_events_pass(tmp_path):
    (tmp_path / "file").write_text("")
    spool = SpoolFile(tmp_path / "file" / "spool.sqlite3", Limits(1_000, 60))

    with pytest.raises(SpoolUnwritable):
        spool.open()

    assert spool.is_empty()
    assert spool.state(NOW).fault
