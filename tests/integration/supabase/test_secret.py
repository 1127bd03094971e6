"""The secret is kept where only the pack can read it."""

from __future__ import annotations

import psycopg
import pytest

from devstack.pgnet import schema
from tests.integration.supabase.conftest import (
    SCRIPT,
    TABLES,
    VAULT,
    configure,
)
from tests.plugins.services import SECRET

URL = "https://melotech.test/webhook/submission-update"


def test_secret_is_kept_in_vault_where_there_is_one(empty):
    schema.install(empty.dsn())
    empty.run(VAULT)
    empty.run(SCRIPT)

    for secret in (SECRET, "a-later-secret"):
        told = configure(empty, URL, secret)

        assert told["secret"] == "vault"
        assert empty.one("select (melotech.secret()).value") == secret
    assert empty.one("select secret from melotech.webhook_endpoint") is None
    assert empty.one("select count(*) from vault.secrets") == 1


@pytest.mark.parametrize(
    ("url", "secret", "told"),
    [
        ("melotech.test/webhook", SECRET, "http or https"),
        ("https://melotech.test/a b", SECRET, "http or https"),
        (URL, "whsec_not_base64!", "must be base64"),
        (URL, "short", "8 characters"),
        (URL, "two,secrets-in-one", "no commas"),
        (URL, None, "give the secret too"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(database, url, secret, told):
    with pytest.raises(psycopg.Error, match=told):
        configure(database, url, secret)

    assert database.one("select melotech.status() ->> 'url'") is None


@pytest.mark.parametrize("role", ["artist", "anon", "authenticated"])
@pytest.mark.parametrize(
    "statement",
    [
        "select secret from melotech.webhook_endpoint",
        "select payload from melotech.webhook_outbox",
        "select * from melotech.webhook_backlog",
        "select melotech.secret()",
        "select melotech.tick()",
        "select melotech.configure(url := 'http://127.0.0.1/')",
        "select melotech.push(1)",
        "call melotech.run(1, 1)",
    ],
)
def test_roles_that_write_submissions_can_touch_nothing_of_it(shared, role, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shared.run(statement, user=role)

    shared.run("insert into submissions (title) values ('one')", user=role)


def test_not_even_a_right_on_the_schema_gives_the_secret(shared):
    shared.run("grant usage on schema melotech to artist")

    for statement in ("select melotech.secret()", "select melotech.tick()"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shared.run(statement, user="artist")
    routines = shared.rows(
        "select proname from pg_proc where pronamespace = 'melotech'::regnamespace"
        " and has_function_privilege('artist', oid, 'execute')"
    )
    assert routines == []
    shared.run("revoke usage on schema melotech from artist")


def test_types_that_a_writer_makes_up_are_not_looked_at(shared):
    with shared.connect("artist") as writer:
        writer.execute(
            """
            create function pg_temp.is_caught(value pg_catalog.text) returns boolean
            language plpgsql as $$
            begin
                if current_user <> 'artist' then
                    raise 'running as %', current_user;
                end if;
                return true;
            end $$;
            create domain pg_temp.text as pg_catalog.text
                check (pg_temp.is_caught(value));
            create domain pg_temp.jsonb as pg_catalog.jsonb
                check (pg_temp.is_caught(''));
            """
        )
        writer.execute("insert into submissions (title) values ('one')")
        writer.execute("update submissions set title = 'two'")

    unsafe = shared.rows(
        "select proname from pg_proc where pronamespace = 'melotech'::regnamespace"
        " and prosecdef and not proconfig @> '{\"search_path=pg_catalog, pg_temp\"}'"
    )
    assert unsafe == []


@pytest.fixture(scope="module")
def shared(postgres):
    """One database with the pack for the tests that only look."""
    database = postgres.create_database("pack_shared")
    database.run(TABLES)
    schema.install(database.dsn())
    database.run(SCRIPT)
    configure(database, URL)
    return database
