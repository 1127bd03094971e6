"""One change that is told twice, and two changes that look alike."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.same_change import identity_of, is_same_change
from tests.plugins.repeated_changes import event


def same(one, other, *, newest=True):
    first, second = identity_of(one), identity_of(other)
    return is_same_change(second, first, earlier_is_newest=newest)


@pytest.mark.parametrize(
    ("seconds", "is_same"), [(0, 1), (9.9, 1), (10.1, 0), (300, 0)]
)
def test_one_change_is_told_twice_within_ten_seconds(seconds, is_same):
    assert same(event(), event("b", seconds=seconds)) is bool(is_same)
    assert same(event(seconds=seconds), event("b")) is bool(is_same)


def test_other_rows_are_another_change():
    assert not same(event(), event("b", fingerprint="g"))


@pytest.mark.parametrize(
    ("sequence", "other", "is_same"),
    [("1", "2", False), ("1", "1", True), ("1", None, True), (None, "1", True)],
)
def test_two_sequences_are_two_changes(sequence, other, is_same):
    assert same(event(sequence=sequence), event("b", sequence=other)) is is_same


def test_rows_without_a_version_may_go_there_and_back_again():
    assert not same(event(), event("b", seconds=2), newest=False)
    versioned = {"updated_at": "2026-11-23T12:00:00Z"}
    assert same(event(**versioned), event("b", seconds=2, **versioned), newest=False)


@pytest.mark.parametrize("made", [event(fingerprint=None), event()])
def test_event_without_fingerprint_or_time_is_like_no_other(made):
    nameless = msgspec.structs.replace(made, time="soon")

    assert identity_of(nameless) is None
    assert (identity_of(made) is None) is (made.fingerprint is msgspec.UNSET)


@given(st.text(max_size=40))
def test_any_time_is_read_without_an_error(time):
    identity_of(msgspec.structs.replace(event(), time=time))
