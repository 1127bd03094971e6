"""Readers of the table that have one wrong each: the oracle finds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos import tables
from tests.chaos.history import History, Logged, Sent, Table


def row(name, rating, *, artist="ada"):
    return {"id": name, "userid": artist, "rating": rating}


def sent(name, sequence, *, operation="UPDATE", artist="ada", accepted=True):
    is_there = operation != "DELETE"
    return Sent(
        id=f"{name}#{sequence}",
        row=name,
        artist=artist,
        operation=operation,
        sequence=sequence,
        before="pending",
        after="pending" if is_there else None,
        email=f"{name}@a.test",
        way="push",
        record=row(name, sequence, artist=artist) if is_there else None,
        accepted=accepted,
    )


#: One row that changes, the newer change first; one that goes; and another artist's.
CHANGES = [
    sent("s-1", 1, operation="INSERT"),
    sent("s-1", 3),
    sent("s-1", 2),
    sent("s-2", 1, operation="INSERT"),
    sent("s-2", 2, operation="DELETE"),
    sent("s-3", 1, operation="INSERT", artist="ben"),
]
LOG = [Logged(id=c.id, type="submission.updated", artist=c.artist) for c in CHANGES]
STOOD = {"s-0": row("s-0", 0, artist="ben")}
ADAS = {"s-1": row("s-1", 3)}
ALL = ADAS | STOOD | {"s-3": row("s-3", 1, artist="ben")}
LAST = "s-3#1"
ADMIN = Table(reader="admin", owner=None, rows=ALL, as_of=LAST)
ADA = Table(reader="ada", owner=frozenset({"ada", "ada's"}), rows=ADAS, as_of=LAST)
WELL = History(
    sent=CHANGES,
    stream=[each.id for each in LOG],
    logs={"gateway-1": LOG, "gateway-2": LOG},
    mails=[],
    ledger=[],
    listening=[],
    tables=[ADMIN, ADA],
    stood=STOOD,
)


def found(**changed):
    return list(tables.faults(replace(WELL, **changed)))


def found_in(table, **changed):
    return found(tables=[replace(table, **changed)])


def less(rows, name):
    return {each: row for each, row in rows.items() if each != name}


def test_all_is_well():
    assert found() == []


def test_row_that_is_missing_is_found():
    assert found_in(ADMIN, rows=less(ALL, "s-1")) == [
        "a row not shown to admin: 1, such as s-1"
    ]


def test_row_that_stood_before_and_is_missing_is_found():
    assert found_in(ADMIN, rows=less(ALL, "s-0")) == [
        "a row not shown to admin: 1, such as s-0"
    ]


def test_row_that_is_gone_and_shown_is_found():
    assert found_in(ADA, rows=ADAS | {"s-2": row("s-2", 1)}) == [
        "a row that is gone, but shown to ada: 1, such as s-2"
    ]


def test_older_state_that_came_last_is_found():
    assert found_in(ADA, rows={"s-1": row("s-1", 2)}) == [
        "a row shown to ada as it is not: 1, such as s-1"
    ]


def test_row_with_a_column_too_few_is_found():
    rows = {"s-1": less(ADAS["s-1"], "rating")}

    assert found_in(ADA, rows=rows) == [
        "a row shown to ada as it is not: 1, such as s-1"
    ]


@pytest.mark.parametrize("name", ["s-3", "s-0", "made up"])
def test_row_of_another_artist_or_of_nobody_is_found(name):
    assert found_in(ADA, rows=ADAS | {name: row(name, 1, artist="ben")}) == [
        f"a row that is not ada's to see: 1, such as {name}"
    ]


def test_state_that_nobody_was_promised_counts_where_it_came_through():
    change = sent("s-1", 4, accepted=False)
    log = [*LOG, Logged(id=change.id, type="submission.updated", artist="ada")]
    rows = {"s-1": row("s-1", 4)}
    came = {"sent": [*CHANGES, change], "logs": {"gateway-1": log}}

    assert found(tables=[replace(ADA, rows=rows, as_of="s-1#4")], **came) == []
    assert "as it is not" in found(tables=[replace(ADA, as_of="s-1#4")], **came)[0]


def test_state_that_nobody_was_promised_does_not_count_where_it_was_lost():
    lost = sent("s-1", 4, accepted=False)

    assert found(sent=[*CHANGES, lost]) == []
    assert found(sent=[*CHANGES, lost], tables=[replace(ADA, rows={})]) != []


def test_promised_state_counts_although_the_logs_have_lost_it():
    assert found(sent=[*CHANGES, sent("s-1", 4)])[-1] == (
        "a row shown to ada as it is not: 1, such as s-1"
    )


def test_deletion_that_is_followed_by_an_older_change_stands():
    late = [*CHANGES, sent("s-2", 1)]

    assert found(sent=late) == []


def followed(**columns):
    told = {"status": "pending", "feedback": None}
    return replace(ADA, rows={"s-1": columns | told}, is_followed=True)


def whole(change):
    told = {"status": "pending", "feedback": None}
    return replace(change, record=change.record and {**change.record, **told})


def test_row_whose_beginning_was_lost_may_be_known_in_part():
    lost = [whole(each) for each in CHANGES[1:]]
    log = {"gateway-1": LOG[1:]}

    assert found(sent=lost, logs=log, tables=[followed(rating=3)]) == []
    assert found(sent=lost, logs=log, tables=[followed(rating=2)]) != []
    assert found(sent=lost, logs=log, tables=[followed()]) != []
    assert found(sent=lost, logs=log, tables=[followed(rating=3, made="up")]) != []


def test_row_whose_beginning_was_told_must_be_known_whole():
    sent = [whole(each) for each in CHANGES]

    assert found(sent=sent, tables=[followed(rating=3)]) == [
        "a row shown to ada as it is not: 1, such as s-1"
    ]
    assert found(sent=sent, tables=[followed(**row("s-1", 3))]) == []


def test_row_is_shown_whole_by_a_gateway_whatever_was_lost():
    lost = [whole(each) for each in CHANGES[1:]]
    table = replace(followed(rating=3), is_followed=False)

    assert found(sent=lost, logs={"gateway-1": LOG[1:]}, tables=[table]) != []


def test_reader_that_has_not_come_to_the_end_is_found():
    assert found_in(ADMIN, as_of="s-2#2") == [
        "follows the last that admin has read: 1, such as s-3#1"
    ]


def test_reader_that_would_hear_nothing_more_has_come_to_the_end():
    assert found_in(ADA, as_of="s-2#2") == []


def test_reader_that_goes_on_after_what_there_is_not_is_found():
    assert found_in(ADA, as_of="made up") == [
        "ada goes on after made up, which is not in the log"
    ]


def test_reader_that_has_read_nothing_is_found():
    faults = found_in(ADA, rows={}, as_of=None)

    assert faults[0] == "a row not shown to ada: 1, such as s-1"
    assert faults[1].startswith("follows the last that ada has read: 5")
