"""What pg_net forgets in a crash is found missing and sent again."""

from __future__ import annotations

from tests.integration.supabase.conftest import backlog, insert, titles


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
