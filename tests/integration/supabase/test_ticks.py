"""A tick is bounded, can be run twice at once, and tidies up."""

from __future__ import annotations

from tests.integration.supabase.conftest import (
    backlog,
    configure,
    insert,
    titles,
)


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
