"""How a ledger is opened, made and refused."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing

import psycopg
import pytest

from mailer_worker.ledger import database as database_module
from mailer_worker.ledger import engines
from mailer_worker.standing import Due
from shared.errors import LedgerUnavailable
from tests.plugins.ledgers import a_change, opened, postgres_ledger


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def database(postgres):
    return postgres.create_database(f"ledger_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def role(database):
    """A role that may log in, and nothing else."""
    name = f"role_{uuid.uuid4().hex[:8]}"
    database.run(f"create role {name} login")
    yield name
    database.run(f"drop owned by {name}; drop role {name}")


def judge(ledger, number=1):
    return ledger.judge(a_change(number, submission=f"s-{number}"), has_waited=True)


def run(url, statement):
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"set search_path to melotech_mailer; {statement}")


def test_what_was_noted_is_there_after_a_restart(ledger_url):
    with opened(ledger_url) as ledger:
        ledger.skip(a_change(), "why")
    with opened(ledger_url) as ledger:
        assert [entry.state for entry in ledger.show("s-1")] == ["skipped"]


def test_ledger_of_another_layout_is_refused_by_name(ledger_url):
    with opened(ledger_url):
        pass
    run(ledger_url, "update layout set version = 99")

    with (
        pytest.raises(LedgerUnavailable, match=r"layout 99.* needs \d"),
        opened(ledger_url),
    ):
        pass


def test_folder_of_the_file_is_made(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'a' / 'b' / 'ledger.sqlite3'}") as ledger:
        assert judge(ledger) == Due()


def test_folder_that_cannot_be_made_is_a_ledger_that_is_away(file):
    file.write_text("no folder")

    with (
        pytest.raises(LedgerUnavailable, match="folder"),
        opened(f"sqlite:///{file / 'ledger.sqlite3'}"),
    ):
        pass


def test_file_that_is_no_database_is_refused(file):
    file.write_bytes(b"no database" * 1_000)

    with (
        pytest.raises(LedgerUnavailable, match="not a database"),
        opened(f"sqlite:///{file}"),
    ):
        pass


def test_locked_file_is_a_ledger_that_is_away_until_it_is_unlocked(file, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.1)
    with opened(f"sqlite:///{file}") as ledger:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("begin exclusive")
            with pytest.raises(LedgerUnavailable, match="locked"):
                judge(ledger)
            other.execute("rollback")

        assert judge(ledger) == Due()


def test_file_waits_for_the_disk_at_each_commit(file, monkeypatch):
    with opened(f"sqlite:///{file}") as ledger:

        def modes(connection):
            words = ("journal_mode", "synchronous")
            return [connection.exec_driver_sql(f"pragma {w}").scalar() for w in words]

        # 2 is FULL.
        assert ledger._database.run(modes) == ["wal", 2]


def test_tables_lie_in_a_schema_of_their_own(database):
    with opened(database.dsn()):
        pass

    found = database.rows(
        "select distinct schemaname from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    assert found == ["melotech_mailer"]


def test_role_that_may_make_no_schema_uses_the_one_it_was_given(database, role):
    database.run(f"create schema melotech_mailer authorization {role}")

    with opened(database.dsn(role)) as ledger:
        assert judge(ledger) == Due()


def test_role_that_may_only_write_uses_tables_that_another_made(database, role):
    with opened(database.dsn()):
        pass
    database.run(
        f"grant usage on schema melotech_mailer to {role};"
        "grant select, insert, update, delete"
        f" on all tables in schema melotech_mailer to {role};"
        f"grant usage on all sequences in schema melotech_mailer to {role}"
    )

    with opened(database.dsn(role)) as ledger:
        assert judge(ledger) == Due()


def test_role_that_may_make_no_schema_is_told_so_where_there_is_none(database, role):
    with (
        pytest.raises(LedgerUnavailable, match="permission denied"),
        opened(database.dsn(role)),
    ):
        pass


def test_ledger_heals_when_its_server_comes_back(postgres):
    with opened(postgres_ledger(postgres)) as ledger:
        judge(ledger)
        postgres.restart()

        assert judge(ledger, 2) == Due()


def test_claim_that_nobody_waits_for_any_more_is_not_made(file, monkeypatch):
    with opened(f"sqlite:///{file}") as ledger:
        judge(ledger)
        monkeypatch.setattr(database_module, "CALL_DEADLINE", 0.2)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("begin immediate")
            with pytest.raises(LedgerUnavailable):
                ledger.claim(a_change(1, submission="s-1"), "a@a.test", "<m@x>")
        monkeypatch.undo()

        assert ledger.claims("evt_1") == []
