"""The pack belongs to a plain role, as `postgres` is no superuser on Supabase."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from devstack.pgnet import schema
from tests.integration.supabase.conftest import (
    ROLES,
    SCRIPT,
    UNINSTALL,
    Push,
    backlog,
    configure,
    titles,
)
from tests.integration.supabase.test_install import VAULT, everything

OWNER = """
grant create on database "{name}" to keeper;
alter schema public owner to keeper;
create schema extensions;
create extension pgcrypto with schema extensions;
grant usage on schema extensions to public;
"""

TABLE = """
create table public.submissions (
    id uuid primary key default gen_random_uuid(), title text, status text);
grant usage on schema public to artist;
grant all on public.submissions to artist;
"""

#: What pg_cron and Supabase give the role that is not the superuser.
CRON = """
grant usage on schema cron to keeper;
grant select on cron.job to public;
alter table cron.job enable row level security;
create policy own on cron.job using (username = current_user);
grant select, delete on cron.job_run_details to public;
grant usage on all sequences in schema cron to keeper;
grant insert, update, delete on cron.job to keeper;
"""

VAULT_RIGHTS = """
grant usage on schema vault to keeper;
grant select, delete on vault.secrets, vault.decrypted_secrets to keeper;
alter function vault.create_secret security definer;
alter function vault.update_secret security definer;
"""

_numbers = itertools.count()


@pytest.fixture
def owned(postgres):
    """A database with pg_net and pg_cron, and `submissions` of a plain role."""
    database = postgres.create_database(f"owned_{next(_numbers)}")
    database.run(ROLES)
    database.run(OWNER.format(name=database.name))
    schema.install(database.dsn())
    database.run(TABLE, user="keeper")
    return database


def rights_to_cron_and_vault(database):
    database.run(CRON)
    database.run(VAULT)
    database.run(VAULT_RIGHTS)


def configure_as_owner(database, url):
    return database.one(
        "select melotech.configure(url := %s, secret := 'a-long-secret')",
        url,
        user="keeper",
    )


def test_plain_owner_installs_delivers_and_uninstalls(owned, receiver):
    rights_to_cron_and_vault(owned)
    before = everything(owned)
    for _ in range(2):
        owned.run(SCRIPT, user="keeper")
    told = configure_as_owner(owned, receiver.url)
    assert (told["clock"], told["secret"]) == ("10 seconds", "vault")

    owned.run("insert into submissions (title) values ('one')", user="artist")
    Push(owned).deliver()
    with owned.connect("keeper") as clock:
        clock.execute("call melotech.run(0, 500)")
    assert titles(receiver.take()) == ["one"]
    assert backlog(owned) == []
    assert owned.one("select melotech.status() ->> 'fault'") is None

    owned.run(UNINSTALL, user="keeper")
    assert everything(owned) == before


def test_owner_without_rights_to_cron_and_vault_can_do_without_them(owned, receiver):
    owned.run(VAULT)

    owned.run(SCRIPT, user="keeper")
    told = configure_as_owner(owned, receiver.url)
    assert (told["clock"], told["secret"]) == (None, "table")

    owned.run("insert into submissions (title) values ('one')", user="artist")
    Push(owned).deliver()
    owned.run("select melotech.tick()", user="keeper")
    assert titles(receiver.take()) == ["one"]
    assert backlog(owned) == []
    owned.run(UNINSTALL, user="keeper")


def test_history_that_cannot_be_pruned_stops_no_delivery(database, push, receiver):
    database.run("alter table cron.job_run_details rename end_time to ended_at")
    database.run("insert into submissions (title) values ('one')")
    push.deliver()

    push.tick()

    assert backlog(database) == []
    assert "end_time" in database.one("select melotech.status() ->> 'fault'")


def test_history_of_the_job_goes_with_the_pack(database):
    configure(database, "http://127.0.0.1:9/")
    database.run(
        "insert into cron.job_run_details (jobid, command)"
        " select jobid, command from cron.job"
    )

    database.run(UNINSTALL)

    assert database.one("select count(*) from cron.job_run_details") == 0
    with pytest.raises(psycopg.Error):
        database.run("select melotech.status()")
