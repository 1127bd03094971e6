"""The SQL pack in a real PostgreSQL without pg_net, and relays that read its outbox."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests.plugins.postgres import Postgres
from tests.plugins.services import ROOT, Process, Start

PACK = Path(ROOT, "supabase/migrations/20261124000000_melotech_webhooks.sql")
SUBMISSIONS = """
create table public.submissions (
    id text primary key, userid text, title text, status text not null,
    rating numeric, feedback text
)
"""
CHANGE = """
insert into public.submissions as s (id, userid, title, status, rating)
values (%s, 'u-1', 'T', 'pending', 0)
on conflict (id) do update set rating = s.rating + 1
"""
OWN = """
select event_id from melotech.webhook_outbox
where transaction_id = pg_current_xact_id() order by sequence
"""

_numbers = itertools.count()


def payload(submission: str, **columns: Any) -> str:
    """Return what the trigger writes for an update of a submission."""
    new = {"id": submission, "userid": "u-1", "title": "T", "status": "approved"}
    new |= columns
    document = {"type": "UPDATE", "table": "submissions", "schema": "public"}
    return json.dumps(
        document | {"record": new, "old_record": new | {"status": "pending"}}
    )


def change(connection: psycopg.Connection[Any], submission: str) -> str:
    """Commit a change of one row on a connection that is open; return its event id."""
    with connection.transaction():
        connection.execute(CHANGE, [submission])
        [(name,)] = connection.execute(OWN)
    return str(name)


class Outbox:
    """A database of its own with the table `submissions` and the pack."""

    def __init__(self, postgres: Postgres) -> None:
        self.dsn = postgres.create_database(f"outbox_{next(_numbers)}").dsn()
        self.ask(SUBMISSIONS)
        self.ask(PACK.read_text(encoding="utf-8"))

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection in autocommit mode."""
        return psycopg.connect(self.dsn, autocommit=True)

    def change(self, submission: str = "s-1") -> str:
        """Commit a change of one row; return its event id."""
        with self.connect() as connection:
            return change(connection, submission)

    def write(
        self, *bodies: str, event_ids: tuple[str, ...] = (), told: bool = True
    ) -> list[str]:
        """Commit events of one row as they are; return their ids.

        `told`: with the notification that a trigger would send.
        """
        ids = event_ids or tuple(f"msg_{next(_numbers):06}" for _ in bodies)
        with self.connect() as connection, connection.transaction():
            connection.cursor().executemany(
                "insert into melotech.webhook_outbox (event_id, row_key, payload)"
                " values (%s, 's-1', %s)",
                list(zip(ids, bodies, strict=True)),
            )
            if told:
                connection.execute("notify melotech_outbox")
        return list(ids)

    def ask(self, query: str, *words: Any) -> list[tuple[Any, ...]]:
        """Run a query; return its rows."""
        with self.connect() as connection:
            cursor = connection.execute(query, words or None)
            return cursor.fetchall() if cursor.description else []

    def undelivered(self) -> list[str]:
        """Return the ids of what is not marked as delivered, in order."""
        found = self.ask(
            "select event_id from melotech.webhook_outbox"
            " where delivered_at is null order by sequence"
        )
        return [name for (name,) in found]


def start_relay(start: Start, bus_url: str, outbox: Outbox, **environ: str) -> Process:
    """Start a relay."""
    defaults = {"RABBITMQ_URL": bus_url, "OUTBOX_DATABASE_URL": outbox.dsn}
    module = "ingest_service.outbox_relay"
    return start(module, "RELAY_BIND", **(defaults | environ))


def health_of(relay: Process) -> Any:
    """Return what `/health` says."""
    return requests.get(f"{relay.url}/health", timeout=20).json()
