"""Versions: what came later is newer, whatever order it arrives in."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import events
from shared.events import ChangeData, ChangeEvent
from shared.versions import Version, is_older, microseconds, newest, version_of


def change(operation="UPDATE", *, sequence=None, updated_at=None):
    row = {"id": msgspec.Raw(b'"s"')}
    if updated_at is not None:
        row["updated_at"] = msgspec.Raw(msgspec.json.encode(updated_at))
    deleted = operation == "DELETE"
    return ChangeEvent(
        id="e",
        source="/t",
        type=events.UPDATED,
        subject="s",
        time="2026-01-01",
        sequence=msgspec.UNSET if sequence is None else sequence,
        data=ChangeData(
            operation=operation,
            submission_id="s",
            record=None if deleted else row,
            old_record=row if deleted else None,
        ),
    )


NEW_YEAR = "2026-01-01T00:00:00"


@pytest.mark.parametrize(
    ("mine", "theirs", "older"),
    [
        (("9", None), ("10", None), True),
        (("10", None), ("9", None), False),
        (("10", None), ("10", None), False),
        ((None, f"{NEW_YEAR}Z"), (None, f"{NEW_YEAR}.001+00:00"), True),
        ((None, "2026-01-01T02:00:00+02:00"), (None, NEW_YEAR), False),
        ((None, "2026-01-01T01:59:59+02:00"), (None, "2026-01-01 00:00:00+00"), True),
        (("1", "2027-01-01"), ("2", "2026-01-01"), True),
        ((None, "2025-01-01"), ("2", "2026-01-01"), True),
        (("1", None), (None, "2026-01-01"), False),
        ((None, None), ("2", None), False),
        ((None, "infinity"), (None, "2026-01-01"), False),
        (("9" * 5_000, None), ("1", None), False),
    ],
)
def test_state_is_older_only_where_both_versions_say_so(mine, theirs, older):
    mine, theirs = (
        version_of(change(sequence=sequence, updated_at=updated_at))
        for sequence, updated_at in (mine, theirs)
    )

    assert is_older(mine, theirs) is older


def test_deleted_row_does_not_come_back_with_the_version_it_had():
    at = "2026-01-01T00:00:00Z"
    deleted = version_of(change("DELETE", updated_at=at))
    updated = version_of(change(updated_at=at))

    assert is_older(updated, deleted)
    assert not is_older(deleted, updated)
    assert not is_older(deleted, deleted)
    assert not is_older(version_of(change(updated_at="2026-01-02")), deleted)


def test_what_is_known_of_a_version_is_kept_when_a_later_one_says_less():
    seen = Version(sequence=7, updated_at=5)

    assert newest(Version(updated_at=9), seen) == Version(sequence=7, updated_at=9)


@given(st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000))
def test_timestamps_are_read_to_the_microsecond(since_1970):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since_1970)

    assert microseconds(moment.isoformat()) == since_1970
