"""Where a change stands among the others: an artist hears the last word, once."""

from dataclasses import replace

import pytest

from mailer_worker.standing import Drop, Due, Known, Wait, change_of, stand
from shared.versions import Version
from tests.plugins.ledgers import a_change
from tests.plugins.repeated_changes import event

SETTLE = 10.0
P, R, A, X = "pending", "in-review", "approved", "rejected"


def known(place, before, status, state="waiting", *, seen=0.0, **parts):
    """Return the change that came at this place; `seen` in seconds."""
    change = a_change(place, status=status, before=before, **parts)
    return Known(change=change, place=place, age=-seen, state=state)


def standing(mine, *others, settle=SETTLE, at=100.0, has_waited=False):
    others = sorted(others, key=lambda other: other.place)
    mine = replace(mine, age=mine.age + at)
    return stand(mine, others, settle=settle, has_waited=has_waited)


def state(found):
    return found.state if isinstance(found, Drop) else type(found)


def test_change_alone_is_due_when_its_time_has_come():
    mine = known(1, P, A)

    assert standing(mine, at=SETTLE) == Due()
    assert standing(mine, at=4) == Wait(6.0)
    assert standing(mine, at=4, has_waited=True) == Due()
    assert standing(mine, at=0, settle=0) == Due()


def test_clock_that_was_set_back_waits_once_and_no_second_time():
    mine = known(1, P, A)

    assert standing(mine, at=-3_600) == Wait(SETTLE)
    assert standing(mine, at=-3_600, has_waited=True) == Due()


@pytest.mark.parametrize(
    ("mine", "other", "is_over"),
    [
        # By version, whatever came first.
        ({"sequence": 1}, {"sequence": 2}, True),
        ({"sequence": 2}, {"sequence": 1}, False),
        # A version on one side only, or equal ones, say nothing: by arrival.
        ({"sequence": 1}, {}, False),
        ({}, {"sequence": 1}, False),
        ({"sequence": 1}, {"sequence": 1}, False),
        # Of a deletion nothing is newer.
        ({"sequence": 1}, {"version": Version(sequence=1, deleted=True)}, True),
    ],
)
def test_older_change_is_superseded_by_its_version(mine, other, is_over):
    later, earlier = known(2, P, A, **mine), known(1, A, X, **other)

    assert (state(standing(later, earlier)) == "superseded") is is_over


def test_change_without_a_version_is_superseded_by_what_came_after_it():
    assert state(standing(known(1, P, A), known(2, A, X))) == "superseded"


@pytest.mark.parametrize("fate", ["waiting", "accepted", "skipped", "failed"])
def test_older_change_is_superseded_whatever_became_of_the_newer(fate):
    newer = known(2, A, X, fate)

    assert state(standing(known(1, P, A), newer)) == "superseded"


def test_repeated_event_supersedes_nothing():
    assert standing(known(1, P, A), known(2, P, A, "repeated")) == Due()


@pytest.mark.parametrize(
    ("others", "mine", "expected"),
    [
        ([(P, A, "superseded")], (A, P), "taken-back"),
        ([(P, A, "waiting")], (A, P), "taken-back"),
        ([(P, A, "superseded"), (A, X, "superseded")], (X, P), "taken-back"),
        ([(P, A, "superseded"), (A, X, "superseded")], (X, A), Due),
        # What the artist was told counts, not what the row was once.
        ([(P, A, "accepted")], (A, P), Due),
        ([(P, A, "uncertain")], (A, P), Due),
        ([(P, A, "accepted"), (A, X, "superseded")], (X, A), "taken-back"),
        ([(P, A, "accepted"), (A, X, "superseded")], (X, P), Due),
        ([(None, P, "superseded")], (P, A), Due),
        ([], (P, P), Due),
    ],
)
def test_status_that_is_what_the_artist_knows_is_taken_back(others, mine, expected):
    before = [known(place, *other) for place, other in enumerate(others)]

    assert state(standing(known(9, *mine), *before)) == expected


def test_without_a_settle_time_nothing_is_taken_back():
    earlier = known(1, P, A, "superseded")

    assert standing(known(2, A, P), earlier, settle=0) == Due()


def test_what_was_taken_back_goes_by_versions_and_not_by_arrival():
    # Pending, approved, rejected, approved: the artist knows of pending.
    first = known(2, P, A, "superseded", sequence=1)
    second = known(1, A, X, "superseded", sequence=2)
    last = known(3, X, A, sequence=3)

    assert standing(last, first, second) == Due()


def test_late_change_says_what_the_last_one_was_taken_back_for_want_of():
    second = known(1, A, X, "superseded", sequence=2)
    last = known(2, X, A, "taken-back", sequence=3)
    first = known(3, P, A, sequence=1)

    assert standing(first, second, last) == Due()


def test_late_change_is_superseded_where_the_last_one_was_taken_back_rightly():
    first = known(1, P, A, "superseded", sequence=1)
    second = known(2, A, P, "taken-back", sequence=2)

    assert state(standing(known(1, P, A, sequence=1), second)) == "superseded"
    assert state(standing(first, second)) == "superseded"


def test_second_event_of_a_change_is_told_which_one_has_it():
    first = known(1, P, A, "accepted", told_at=0)

    found = standing(known(2, P, A, told_at=200_000), first)

    assert (found.state, found.twin) == ("repeated", "evt_1")


def test_event_that_comes_again_is_no_repetition_of_itself():
    first = known(1, P, A, told_at=0)
    second = known(2, P, A, "repeated", told_at=200_000)

    assert standing(first, second) == Due()


def test_same_change_minutes_later_is_another_one():
    first = known(1, P, A, "accepted", told_at=0)

    assert standing(known(2, P, A, told_at=120_000_000), first) == Due()


def test_there_and_back_and_there_again_are_three_changes():
    turns = [A, A, P, P, A, A]
    seen, found = [], []
    for place, status in enumerate(turns):
        mine = known(place, None, status, told_at=place * 1_000_000)
        found.append(standing(mine, *seen, settle=0))
        is_drop = isinstance(found[-1], Drop)
        fate = found[-1].state if is_drop else "accepted"
        seen.append(known(place, None, status, fate, told_at=place * 1_000_000))

    twins = [each.twin if isinstance(each, Drop) else None for each in found]
    assert twins == [None, "evt_0", None, "evt_2", None, "evt_4"]


def test_what_is_compared_of_an_event_is_how_its_status_is_compared():
    change = change_of(
        event("e1", seconds=1, sequence="7", status="In_Review", updated_at="junk")
    )

    assert change.status == "in-review"
    assert change.status_before is None
    assert change.version == Version(sequence=7)
    assert change.identity.fingerprint == "f"
