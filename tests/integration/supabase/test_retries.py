"""Every change arrives: after failures, in order, across crashes of pg_net."""

from __future__ import annotations

import time

import pytest

from tests.integration.supabase.conftest import backlog, configure, titles
from tests.plugins.services import until


def insert(database, *names):
    for name in names:
        database.run(f"insert into submissions (title) values ('{name}')")


def delivered(database):
    return database.one("select count(delivered_at) from melotech.webhook_outbox")


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


def crash(database):
    """What a crash leaves of pg_net, and of every other unlogged table."""
    database.run(
        "truncate net.http_request_queue, net._http_response, melotech.webhook_run"
        " restart identity"
    )


def test_crash_of_the_server_loses_no_change(postgres, database, push, receiver):
    receiver.status = 503
    insert(database, "answered")
    push.deliver()
    insert(database, "queued")
    postgres.restart()
    receiver.status = 202

    assert database.one("select count(*) from melotech.webhook_run") == 0
    for _ in range(2):
        push.tick()
        push.deliver()

    assert sorted(titles(receiver.take())) == ["answered", "answered", "queued"]


def test_answer_to_somebody_elses_request_of_the_same_number_delivers_nothing(
    database, push, receiver
):
    insert(database, "ours")
    crash(database)
    database.run(
        "select net.http_post(url := 'http://elsewhere.test/');"
        "delete from net.http_request_queue;"
        "insert into net._http_response (id, status_code) values (1, 200)"
    )

    push.tick()
    assert backlog(database) == [("in flight", 2, "pg_net lost the request")]
    push.deliver()
    push.tick()

    assert titles(receiver.take()) == ["ours"]
    assert backlog(database) == []


def test_request_that_pg_net_dropped_is_sent_again_at_once(database, push, receiver):
    insert(database, "one")
    database.run("truncate net.http_request_queue")

    push.tick()
    push.deliver()

    assert titles(receiver.take()) == ["one"]


def test_older_pg_net_is_given_the_time_that_a_request_may_take(
    database, push, receiver
):
    database.run("update pg_extension set extversion = '0.14.0' where extname='pg_net'")
    insert(database, "one")
    database.run("delete from net.http_request_queue")
    push.tick()
    assert push.deliver() == 0

    database.run(
        "update melotech.webhook_outbox set sent_at = sent_at - interval '16 s'"
    )
    push.tick()
    push.deliver()

    assert titles(receiver.take()) == ["one"]


def test_at_most_max_in_flight_are_given_to_pg_net(database, push, receiver):
    configure(database, receiver.url, max_in_flight=3)
    database.run("insert into submissions (title) select n from generate_series(1,7) n")

    sizes = []
    for _ in range(4):
        sizes.append(push.deliver())
        push.tick()

    assert sizes == [3, 3, 1, 0]
    assert sorted(titles(receiver.take())) == list("1234567")


def test_two_ticks_at_once_do_not_send_twice(database, push, receiver):
    configure(database, "")
    insert(database, "one")
    configure(database, receiver.url)
    with database.connect() as other, other.transaction():
        other.execute("select melotech.tick()")
        push.tick()

    assert push.deliver() == 1


def test_delivered_changes_are_pruned_and_undelivered_ones_stay(
    database, push, receiver
):
    receiver.statuses = {"stays": 503}
    insert(database, "goes", "stays")
    push.deliver()
    configure(database, receiver.url, keep_delivered="0 seconds")
    push.tick()
    push.tick()

    assert [state for state, _, _ in backlog(database)] == ["failing"]
    assert database.one("select count(*) from melotech.webhook_outbox") == 1


def test_history_of_the_own_cron_job_is_pruned(database):
    database.run(
        """
        insert into cron.job_run_details (jobid, end_time)
        select jobid, now() - interval '2 hours' from cron.job
        union all select jobid, now() from cron.job
        union all select 0, now() - interval '2 hours';
        select melotech.tick();
        """
    )

    assert database.one("select count(*) from cron.job_run_details") == 2


def test_without_pg_cron_the_next_change_sends_what_failed(database, push, receiver):
    database.run(
        "delete from pg_extension where extname = 'pg_cron'; select melotech.schedule()"
    )
    receiver.statuses = {"one": 503}
    insert(database, "one")
    push.deliver()
    insert(database, "two")
    push.deliver()
    receiver.statuses = {}
    push.make_due()
    insert(database, "three")
    push.deliver()

    assert sorted(titles(receiver.take())) == ["one", "one", "three", "two"]


def test_tick_looks_at_none_of_the_delivered_changes_that_stay(database, push):
    database.run(
        """
        insert into melotech.webhook_outbox (event_id, row_key, payload, delivered_at)
        select n, n, '{}', clock_timestamp() from generate_series(1, 3000) n;
        analyze melotech.webhook_outbox;
        """
    )

    with database.connect() as clock, clock.transaction():
        clock.execute("select melotech.tick()")
        looked_at = clock.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relname = 'webhook_outbox'"
        ).fetchone()

    assert looked_at[0] < 100


def test_bulk_change_in_a_new_outbox_is_not_walked_through_for_each_row(database, push):
    with database.connect() as writer, writer.transaction():
        writer.execute(
            "insert into submissions (title) select n from generate_series(1, 2000) n"
        )
        looked_at = writer.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relname = 'webhook_outbox'"
        ).fetchone()

    assert looked_at[0] < 10_000
