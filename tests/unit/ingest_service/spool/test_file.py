from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ingest_service.spool.errors import SpoolFull
from ingest_service.spool.file import Limits
from shared.amqp.message import Message

NOW = 1_700_000_000.0


def test_message_comes_out_as_it_went_in(spool):
    message = Message(
        body=bytes(range(256)),
        message_id="msg_ü\0",
        routing_key="submission.updated",
        exchange="",
        headers={"attempt": 3, "reason": "ü"},
    )

    spool.append([message], NOW)

    (found,) = spool.oldest(10)
    assert (found.message, found.accepted_at) == (message, NOW)


def test_messages_come_out_in_the_order_of_all_appends(spool, numbered, ids):
    spool.append(numbered(3), NOW)
    spool.append(numbered(3, 5), NOW)

    assert ids(spool) == [0, 1, 2, 3, 4]
    assert ids(spool, limit=2) == [0, 1]


def test_a_batch_ends_where_it_grows_too_long_in_bytes(spool, numbered, ids):
    spool.append(numbered(5, size=5 * 1024 * 1024), NOW)

    assert ids(spool) == [0, 1]


def test_what_is_removed_is_gone_and_the_rest_stays_in_order(spool, numbered, ids):
    spool.append(numbered(6), NOW)

    found = spool.oldest(6)
    spool.remove([found[1].number, found[3].number])

    assert ids(spool) == [0, 2, 4, 5]


def test_spool_is_empty_only_once_everything_is_removed(spool, numbered):
    assert spool.is_empty()
    spool.append(numbered(2), NOW)
    found = spool.oldest(2)

    spool.remove([found[0].number])
    assert not spool.is_empty()
    spool.remove([found[1].number])
    assert spool.is_empty()


def test_every_worker_sees_at_once_what_another_has_committed(open_spool, numbered):
    mine, theirs = open_spool(), open_spool()
    assert mine.is_empty()

    theirs.append(numbered(2), NOW)
    assert not mine.is_empty()
    mine.remove([each.number for each in mine.oldest(2)])
    assert theirs.is_empty()


def test_number_never_stands_for_two_messages(spool, numbered):
    spool.append(numbered(2), NOW)
    first = [each.number for each in spool.oldest(2)]
    spool.remove(first)

    spool.append(numbered(2, 4), NOW)

    assert min(each.number for each in spool.oldest(2)) > max(first)


def test_state_tells_depth_bytes_and_age(spool, numbered):
    assert spool.state(NOW).oldest_age_seconds is None
    spool.append(numbered(2, size=80), NOW)
    spool.append(numbered(2, 3, size=80), NOW + 5)

    state = spool.state(NOW + 7)

    assert (state.depth, state.bytes, state.oldest_age_seconds) == (3, 240, 7.0)
    assert (state.refused, state.fault) == (0, None)


def test_age_is_never_negative_when_the_clock_was_set_back(spool, numbered):
    spool.append(numbered(1), NOW)

    assert spool.state(NOW - 60).oldest_age_seconds == 0.0


def test_full_spool_takes_nothing_more_and_drops_nothing(open_spool, numbered, ids):
    spool = open_spool(Limits(max_bytes=1_000, max_age=3600))
    spool.append(numbered(10, size=80), NOW)

    with pytest.raises(SpoolFull, match="800 bytes of 1000"):
        spool.append(numbered(10, 13, size=80), NOW)

    assert ids(spool) == list(range(10))
    spool.append(numbered(10, 12, size=80), NOW)


def test_bytes_are_free_again_once_messages_are_removed(open_spool, numbered):
    spool = open_spool(Limits(max_bytes=800, max_age=3600))
    spool.append(numbered(10, size=80), NOW)

    spool.remove([each.number for each in spool.oldest(4)])

    spool.append(numbered(4, size=80), NOW)
    assert spool.state(NOW).bytes == 800


def test_spool_with_an_event_that_is_too_old_takes_nothing_more(
    open_spool, numbered, ids
):
    spool = open_spool(Limits(max_bytes=10_000, max_age=60))
    spool.append(numbered(1), NOW)
    spool.append(numbered(1, 2), NOW + 60)

    with pytest.raises(SpoolFull, match="61 s old"):
        spool.append(numbered(2, 3), NOW + 61)

    assert ids(spool) == [0, 1]


def test_refused_message_leaves_the_line_and_is_kept(spool, path, numbered, ids):
    spool.append(numbered(3, size=80), NOW)

    spool.refuse(spool.oldest(3)[1], "cannot be encoded")

    state = spool.state(NOW)
    assert ids(spool) == [0, 2]
    assert (state.depth, state.refused, state.bytes) == (2, 1, 240)
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("select message_id, reason from refused").fetchall()
    assert kept == [("1", "cannot be encoded")]


def test_text_that_no_encoding_has_stores_nothing(spool, numbered):
    broken = Message(body=b"", message_id="\ud800", routing_key="")

    with pytest.raises(ValueError, match="surrogate"):
        spool.append([*numbered(1), broken], NOW)

    assert spool.is_empty()


def test_file_is_short_again_after_a_big_drain(spool, path, numbered):
    for begin in range(0, 4_000, 500):
        spool.append(numbered(begin, begin + 500, size=4_000), NOW)
    assert path.stat().st_size > 8_000_000

    while batch := spool.oldest(500):
        spool.remove([each.number for each in batch])

    files = path.parent.glob("spool.sqlite3*")
    assert sum(file.stat().st_size for file in files) < 100_000


def test_files_are_for_their_owner_alone(spool, path, numbered):
    spool.append(numbered(1), NOW)

    modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert modes == {0o600}


def test_spool_that_was_closed_is_as_it_was_when_it_is_opened_again(
    open_spool, numbered, ids
):
    first = open_spool()
    first.append(numbered(3), NOW)
    first.close()

    assert ids(open_spool()) == [0, 1, 2]
