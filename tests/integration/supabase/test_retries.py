"""Changes are sent until they are delivered, in the order of their row."""

from __future__ import annotations

import time

import pytest

from tests.integration.supabase.conftest import (
    backlog,
    configure,
    delivered,
    insert,
    titles,
)
from tests.plugins.services import until


def test_change_is_sent_at_commit_and_delivered_once_it_is_answered(
    database, push, receiver
):
    insert(database, "one")

    assert push.deliver() == 1
    assert backlog(database) == [("in flight", 1, None)]
    push.tick()
    assert backlog(database) == []
    assert delivered(database) == 1
    push.tick()
    assert push.deliver() == 0
    assert titles(receiver.take()) == ["one"]


def test_failed_change_is_sent_again_under_the_same_id_and_signed_anew(
    database, push, receiver
):
    receiver.status = 503
    insert(database, "one")
    push.deliver()
    push.tick()
    assert backlog(database) == [("failing", 1, "HTTP 503")]
    assert push.deliver() == 0

    receiver.status = 202
    (first,) = receiver.take()
    signed_at = int(first.headers["webhook-timestamp"])
    until(lambda: time.time() > signed_at + 1)
    push.make_due()
    push.tick()
    push.deliver()
    push.tick()

    (second,) = receiver.take()
    assert backlog(database) == []
    assert first.id == second.id
    assert first.body == second.body
    assert first.headers["x-change-sequence"] == second.headers["x-change-sequence"]
    assert int(second.headers["webhook-timestamp"]) > signed_at
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_wait_doubles_from_first_delay_to_max_delay(database):
    waits = database.rows(
        """
        select extract(epoch from melotech.delay_after(n, 503, '2 s', '1 min'))::float
          from generate_series(1, 60) n
        """
    )

    for number, wait in enumerate(waits):
        whole = min(60, 2 * 2**number)
        assert 0.75 * whole <= wait <= whole


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 415, 422])
def test_what_the_receiver_refuses_is_kept_and_tried_again_seldom(
    database, push, receiver, status
):
    receiver.status = status
    insert(database, "one")
    push.deliver()
    push.tick()

    ((_, attempts, reason),) = backlog(database)
    wait = database.one(
        "select extract(epoch from next_attempt - clock_timestamp())::float"
        " from melotech.webhook_backlog"
    )
    assert (attempts, reason) == (1, f"HTTP {status}")
    assert 40 < wait <= 60

    receiver.status = 202
    assert database.one("select melotech.retry_now()") == 1
    push.deliver()
    push.tick()
    assert backlog(database) == []


def test_unreachable_and_slow_receivers_are_named_in_the_backlog(database, push):
    configure(database, "http://127.0.0.1:9/", timeout_ms=1000)
    insert(database, "one")
    push.deliver()
    push.tick()

    assert backlog(database) == [("failing", 1, "Couldn't connect to server")]
    assert database.one("select melotech.status() ->> 'failing'") == "1"


def test_change_waits_while_an_older_one_of_its_row_is_undelivered(
    database, push, receiver
):
    receiver.statuses = {"first": 503}
    insert(database, "first", "other")
    database.run("update submissions set title = 'second' where title = 'first'")
    database.run("update submissions set title = 'third' where title = 'second'")
    push.deliver()
    push.tick()
    push.deliver()
    assert sorted(titles(receiver.take())) == ["first", "other"]
    assert [state for state, _, _ in backlog(database)] == [
        "failing",
        "behind an older change",
        "behind an older change",
    ]

    receiver.statuses = {}
    push.make_due()
    for _ in range(4):
        push.tick()
        push.deliver()

    assert titles(receiver.take()) == ["first", "second", "third"]
    assert backlog(database) == [("in flight", 1, None)] or backlog(database) == []


def test_next_change_of_a_row_does_not_wait_for_the_clock(database, push, receiver):
    insert(database, "first")
    push.deliver()

    database.run("update submissions set title = 'second'")
    push.deliver()

    assert titles(receiver.take()) == ["first", "second"]


def test_change_that_is_refused_for_what_it_says_does_not_hold_up_its_row(
    database, push, receiver
):
    receiver.statuses = {"too large": 413}
    insert(database, "too large")
    push.deliver()
    push.tick()

    database.run("update submissions set title = 'short'")
    push.deliver()
    push.tick()

    assert titles(receiver.take()) == ["too large", "short"]
    assert backlog(database) == [("refused", 1, "HTTP 413")]


def test_what_the_relay_set_aside_is_left_alone_until_it_is_retried(
    database, push, receiver
):
    configure(database, "")
    insert(database, "aside")
    database.run("update melotech.webhook_outbox set due_at = 'infinity'")
    configure(database, receiver.url)
    push.tick()
    assert push.deliver() == 0
    assert backlog(database) == [("set aside", 0, None)]

    database.run("update submissions set title = 'next'")
    push.deliver()
    database.run("select melotech.retry_now()")
    push.deliver()

    assert titles(receiver.take()) == ["next", "aside"]
