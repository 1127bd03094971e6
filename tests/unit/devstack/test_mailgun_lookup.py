"""What may be asked of the log of events, and how its pages are addressed."""

from __future__ import annotations

import pytest

from devstack.mailgun.lookup import Page, Unreadable, answer, query_at, query_of

URL = "http://x.test/v3/mg.x.test/events"


def test_filters_and_times_become_conditions():
    query = query_of(
        {
            "message-id": "<evt_1@mg.x.test>",
            "event": "accepted",
            "begin": "Mon, 23 Nov 2026 12:00:00 +0000",
            "end": "1795435260",
            "limit": "1000",
        }
    )

    assert set(zip(query.conditions, query.values, strict=True)) == {
        ("message_id = ?", "evt_1@mg.x.test"),
        ("event = ?", "accepted"),
        ("moment >= ?", 1_795_435_200.0),
        ("moment <= ?", 1_795_435_260.0),
    }
    assert query.limit == 300
    assert query.ascending


@pytest.mark.parametrize(
    ("parameters", "ascending"),
    [
        ({}, False),
        ({"begin": "1"}, True),
        ({"end": "1"}, False),
        ({"begin": "2", "end": "1"}, False),
        ({"ascending": "yes"}, True),
        ({"begin": "1", "ascending": "no"}, False),
    ],
)
def test_direction_follows_the_range_unless_it_is_said(parameters, ascending):
    assert query_of(parameters).ascending is ascending


def test_backward_range_finds_the_same():
    query = query_of({"begin": "9", "end": "5"})

    assert query.values == (5.0, 9.0)


def test_next_page_asks_the_same_from_further_on():
    query = query_of({"event": "accepted", "limit": "2"})

    told = answer(query, Page(items=[{}, {}], total=5), url=URL)

    assert told["items"] == [{}, {}]
    assert set(told["paging"]) == {"next", "previous", "first", "last"}
    following = query_at(told["paging"]["next"].removeprefix(f"{URL}/"))
    assert (following.offset, following.values) == (2, ("accepted",))
    assert query_at(told["paging"]["last"].rpartition("/")[2]).offset == 3
    assert query_at(told["paging"]["previous"].rpartition("/")[2]).offset == 0


@pytest.mark.parametrize(
    "parameters",
    [{"begin": "soon"}, {"end": "32 Nov"}, {"limit": "-1"}, {"limit": "x"}],
)
def test_what_cannot_be_read_is_said(parameters):
    with pytest.raises(Unreadable, match=next(iter(parameters))):
        query_of(parameters)


@pytest.mark.parametrize("page", ["!", "_-_-", "a"])
def test_page_that_never_was_is_no_error_of_ours(page):
    with pytest.raises(Unreadable):
        query_at(page)
