"""The database of a run: `submissions`, the SQL pack, and a stand-in for pg_net."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.programs import LOG_TAIL, ROOT, NotStarted, Program
from devstack.postgres import private_postgres

PACKS = Path(ROOT, "supabase", "migrations")
SUBMISSIONS = """
create table public.submissions (
    id uuid primary key default gen_random_uuid(), userid uuid, title text,
    status text not null default 'pending', rating numeric, feedback text,
    updated_at timestamptz not null default now()
);
"""
FILL = """
insert into public.submissions (title)
select 'Track ' || n from generate_series(1, %s) n
"""
#: Submissions, where nobody asks for more.
ROWS = 50
UNDELIVERED = """
select count(*) from melotech.webhook_outbox where delivered_at is null
"""
START_DEADLINE = 30.0


class Database:
    """A PostgreSQL whose changes of `submissions` go to its outbox."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def push_to(self, url: str, secret: str) -> None:
        """Let the database push to this address; to none where it is empty."""
        self._run("select melotech.configure(url := %s, secret := %s)", url, secret)

    def undelivered(self) -> int:
        """Return how many events are not marked as delivered."""
        query = (
            "select count(*) from melotech.webhook_outbox where delivered_at is null"
        )
        with psycopg.connect(self.dsn) as connection:
            return int(connection.execute(query).fetchall()[0][0])

    def install(self, rows: int) -> None:
        """Make the table with so many rows, and run every script of the pack."""
        self._run(SUBMISSIONS)
        self._run(FILL, rows)
        for script in sorted(PACKS.glob("*.sql")):
            self._run(script.read_bytes())
        self._run("truncate melotech.webhook_outbox")

    def _run(self, text: str | bytes, *words: str | int) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            encoded = text if isinstance(text, bytes) else text.encode()
            connection.execute(encoded, words or None)


@contextmanager
def database(folder: Path, *, rows: int) -> Iterator[Database]:
    """Start all of it; it ends with the block."""
    log = folder / "pgnet"
    with (
        private_postgres() as dsn,
        Program(["devstack.pgnet"], port=0, environ={"PGNET_DSN": dsn}, log=log),
    ):
        until = time.monotonic() + START_DEADLINE
        while "ready" not in log.read_text(errors="replace"):
            if time.monotonic() > until:
                raise NotStarted(f"pg_net's stand-in: {log.read_text()[-LOG_TAIL:]}")
            time.sleep(0.05)
        made = Database(dsn)
        made.install(rows)
        yield made
