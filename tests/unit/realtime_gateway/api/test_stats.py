"""The figures of a window of minutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_gateway.api import stats
from realtime_gateway.api.census import Census, Count, name_of
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.stats import Times, Window, times_of

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z
ADA = Scope(("ada", "x"))


def at(minutes, seconds=0):
    return f"2026-11-23T{11 + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.000Z"


def figures(log, scope=None, *, minutes=60):
    window = Window(now=NOON + 30, minutes=minutes)
    return stats.stats_of(log.reading, scope or Scope(), window)


@pytest.fixture
def day(log):
    """Two submissions of Ada's and one of Ben's; 11:50 and 11:58 were busy."""
    log.insert("1", at=at(50))
    log.insert("2", at=at(50, 10))
    log.insert("3", at=at(51), userid="ben")
    log.update("1", {"at": at(58)}, status="in-review")
    log.mail("1", at=at(58, 1))
    log.update("1", {"at": at(58, 20), "status": "in-review"}, status="approved")
    log.mail("1", "failed", at=at(58, 21))
    log.delete("2", at=at(59))
    return log


def test_minutes_are_dense_and_end_with_the_present_one(day):
    counted = figures(day, minutes=11).changes_per_minute

    assert [each.minute for each in counted][::10] == [
        "2026-11-23T11:50Z",
        "2026-11-23T12:00Z",
    ]
    assert [each.changes for each in counted] == [2, 1, 0, 0, 0, 0, 0, 0, 2, 1, 0]


def test_times_and_statuses_are_of_the_submissions(day):
    told = figures(day)

    assert told.as_of == "e8"
    assert told.by_status == {"approved": 1, "pending": 1}
    assert told.time_to_first_review == Times(
        count=1, median_seconds=480, p90_seconds=480
    )
    assert told.time_to_decision.median_seconds == 500
    assert {n: c for n, c in told.mails.items() if c} == {"accepted": 1, "failed": 1}
    assert told.mails["skipped"] == told.mails["delivered"] == 0


def test_what_lies_before_the_window_is_not_counted(day):
    told = figures(day, minutes=2)

    assert sum(each.changes for each in told.changes_per_minute) == 1
    assert told.time_to_first_review.count == 0
    assert set(told.mails) == set(stats.OUTCOMES)
    assert set(told.mails.values()) == {0}


def test_delay_is_counted_apart_from_a_failure(log):
    log.insert("1")
    log.mail("1", "failed", severity="temporary")
    log.mail("1", "failed", severity="permanent")
    log.mail("1", "delivered")

    told = {name: count for name, count in figures(log).mails.items() if count}

    assert told == {"failed": 1, "delayed": 1, "delivered": 1}


def test_artist_gets_figures_of_their_own_alone(day):
    told = figures(day, ADA, minutes=11)

    assert [each.changes for each in told.changes_per_minute][:3] == [2, 0, 0]
    assert told.by_status == {"approved": 1}
    assert told.time_to_first_review.count == 1
    assert not told.mails
    assert figures(day, Scope(("ben",))).by_status == {"pending": 1}
    assert figures(day, Scope(("ben",))).time_to_decision.count == 0


def test_empty_log_has_figures_too(log):
    for scope in (Scope(), ADA):
        told = figures(log, scope)
        assert told.as_of is None
        assert {each.changes for each in told.changes_per_minute} == {0}
        assert told.time_to_decision == Times(
            count=0, median_seconds=None, p90_seconds=None
        )


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_nine_of_ten_were_no_slower_than_the_p90(seconds):
    told = times_of(seconds)

    assert told.count == len(seconds)
    within = sum(each <= told.p90_seconds + 0.001 for each in seconds)
    assert within >= 0.9 * len(seconds)
    assert told.median_seconds <= told.p90_seconds + 0.001


@pytest.mark.parametrize("scope", [Scope(), ADA], ids=["admin", "artist"])
def test_nothing_is_counted_by_walking_through_the_history(day, scope):
    asked_for = []
    day.reading.set_trace_callback(asked_for.append)
    figures(day, scope)
    day.reading.set_trace_callback(None)

    for query in asked_for:
        for step in day.reading.execute(f"explain query plan {query}").fetchall():
            walks = step[3].startswith(("SCAN changes", "SCAN submissions"))
            # The index by status holds current rows alone; a limit of 1 ends any walk.
            assert not walks or "submissions_by_status" in step[3] or "limit 1" in query


def test_census_forgets_the_oldest_minute_first():
    census = Census(lambda: {"admin": 1, "artist": 2})
    for minute in range(1_500):
        census.take(NOON + 60 * minute)

    told = census.since(name_of(NOON))
    assert told.now == {"admin": 1, "artist": 2}
    assert len(told.over_time) == 1_440
    assert told.over_time[0] == Count("2026-11-23T13:00Z", 3)
    assert len(census.since(name_of(NOON + 60 * 1_490)).over_time) == 10
