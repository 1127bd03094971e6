"""The script is run, run again, taken over and taken away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from devstack.pgnet import schema
from tests.integration.supabase.conftest import (
    SCRIPT,
    UNINSTALL,
    VAULT,
    configure,
    titles,
)
from tests.plugins.services import SECRET, until

URL = "https://melotech.test/webhook/submission-update"

#: What stands in any schema of ours or of the user's.
EVERYTHING = """
select 'relation', relnamespace::regnamespace::text, relname::text from pg_class
 where relnamespace::regnamespace::text not in ('pg_catalog', 'pg_toast')
union select 'routine', pronamespace::regnamespace::text, proname::text from pg_proc
union select 'trigger', tgrelid::regclass::text, tgname::text from pg_trigger
union select 'schema', '', nspname::text from pg_namespace where nspname !~ '^pg_'
union select 'extension', '', extname::text from pg_extension
union select 'job', schedule, command from cron.job
"""

#: What the earlier signed_webhook.sql left behind.
EARLIER = f"""
create schema melotech;
create table melotech.webhook_settings (
    only_one boolean primary key default true, url text not null, secret text not null);
insert into melotech.webhook_settings values (true, '{URL}', '{SECRET}');
create function melotech.send_signed_webhook() returns trigger
language plpgsql as 'begin return null; end';
create trigger melotech_signed_webhook after insert or update or delete
    on public.submissions for each row execute function melotech.send_signed_webhook();
"""


def everything(database):
    return set(database.rows(EVERYTHING))


def test_running_the_script_again_changes_nothing(database):
    configure(database, URL, timeout_ms=1234)
    database.run("insert into submissions (title) values ('kept')")
    before = everything(database)
    settings = database.one("select melotech.status() - 'oldest_seconds'")

    database.run(SCRIPT)

    assert everything(database) == before
    assert database.one("select melotech.status() - 'oldest_seconds'") == settings
    assert database.one("select timeout_ms from melotech.webhook_endpoint") == 1234


def test_uninstall_leaves_nothing_of_ours_and_the_users_rows(empty):
    schema.install(empty.dsn())
    empty.run(VAULT)
    before = everything(empty)
    empty.run(SCRIPT)
    configure(empty, URL)
    empty.run("insert into submissions (title) values ('kept')")

    for _ in range(2):
        empty.run(UNINSTALL)

        assert everything(empty) == before
    assert empty.rows("select title from submissions") == ["kept"]
    assert empty.rows("select name from vault.secrets") == []
    empty.run("update submissions set title = 'still writable'", user="artist")


@pytest.mark.parametrize("script", [SCRIPT, UNINSTALL], ids=["install", "uninstall"])
def test_script_that_is_run_while_others_write_costs_nobody_a_statement(
    database, script
):
    database.run("insert into submissions (title) values ('a'), ('b')")
    with ThreadPoolExecutor(2) as threads, database.connect() as first:
        with first.transaction():
            first.execute("update submissions set rating = 1 where title = 'a'")
            run = threads.submit(database.run, script)
            until(lambda: waiting(database) == 1)
            second = threads.submit(
                database.run, "update submissions set rating = 2 where title = 'b'"
            )
            until(lambda: waiting(database) == 2)

        second.result(timeout=20)
        run.result(timeout=20)


def waiting(database):
    return database.one(
        "select count(distinct pid) from pg_locks where not granted"
        " and database = (select oid from pg_database where datname = %s)",
        database.name,
    )


def test_pack_that_is_installed_anew_goes_on_above_its_earlier_numbers(empty):
    numbers = []
    for _ in range(2):
        empty.run(SCRIPT)
        empty.run("insert into submissions (title) values ('one'), ('two')")
        numbers += empty.rows("select sequence from melotech.webhook_outbox")
        empty.run(UNINSTALL)

    assert numbers == sorted(set(numbers))


def test_earlier_pack_is_taken_over_with_its_address_and_secret(empty):
    schema.install(empty.dsn())
    empty.run(EARLIER)

    empty.run(SCRIPT)

    told = empty.one("select melotech.status()")
    assert (told["url"], told["secret"]) == (URL, "table")
    assert empty.one("select (melotech.secret()).value") == SECRET
    empty.run("insert into submissions (title) values ('once')")
    assert empty.one("select count(*) from net.http_request_queue") == 1
    gone = ["webhook_settings", "send_signed_webhook", "melotech_signed_webhook"]
    assert not [name for _, _, name in everything(empty) if name in gone]


def test_earlier_pack_can_be_uninstalled_without_this_one(empty):
    empty.run(EARLIER)

    empty.run(UNINSTALL)

    assert empty.rows("select tgname from pg_trigger where not tgisinternal") == []


def test_without_pg_net_the_outbox_is_written_for_the_relay(empty):
    empty.run(SCRIPT)
    empty.run("insert into submissions (title) values ('for the relay')", user="artist")
    empty.run("select melotech.tick()")

    assert empty.one("select count(*) from melotech.webhook_outbox") == 1
    assert empty.one("select melotech.status() ->> 'fault'") is None
    with pytest.raises(psycopg.Error, match="pg_net is not enabled"):
        configure(empty, URL)


def test_table_of_another_name_can_be_watched(empty):
    empty.run("alter table submissions rename to tracks")
    empty.run(SCRIPT)
    empty.run("select melotech.watch('public.tracks')")

    empty.run("insert into tracks (title) values ('one')")

    assert empty.one(
        "select payload::jsonb ->> 'table' from melotech.webhook_outbox"
    ) == ("tracks")


@pytest.mark.parametrize(
    ("version", "clock", "command"),
    [
        ("1.6", "10 seconds", "call melotech.run(9, 500)"),
        ("1.5", "10 seconds", "call melotech.run(9, 500)"),
        ("1.4-1", "* * * * *", "call melotech.run(57, 500)"),
    ],
)
def test_clock_is_as_fine_as_pg_cron_can(empty, version, clock, command):
    schema.install(empty.dsn())
    empty.run(
        f"update pg_extension set extversion = '{version}' where extname = 'pg_cron'"
    )

    for _ in range(2):
        empty.run(SCRIPT)

        assert empty.rows("select schedule, command from cron.job") == [
            (clock, command)
        ]
    assert empty.one("select melotech.status() ->> 'clock'") == clock


def test_minute_job_ticks_and_commits_until_the_minute_is_over(
    database, push, receiver
):
    receiver.status = 503
    database.run("insert into submissions (title) values ('one')")
    push.deliver()
    receiver.status = 202

    with database.connect() as clock:
        clock.execute("call melotech.run(0, 500)")
        push.make_due()
        clock.execute("call melotech.run(0.01, 20)")

    assert push.deliver() == 1
    assert titles(receiver.take()) == ["one", "one"]


def test_without_pg_cron_it_tells_what_that_means(empty):
    schema.install(empty.dsn(), cron=False)
    heard = []
    with empty.connect() as connection:
        connection.add_notice_handler(
            lambda notice: heard.append(notice.message_primary)
        )
        connection.execute(SCRIPT.encode())

    assert any("again only with the next change" in text for text in heard)
