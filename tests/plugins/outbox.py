"""The outbox of webhooks in a real PostgreSQL, and relays that read it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import psycopg
import requests

from tests.plugins.postgres import Postgres
from tests.plugins.services import Process, Start

SCHEMA = """
create schema if not exists melotech;
create table if not exists melotech.webhook_outbox (
    sequence bigserial primary key,
    event_id text not null unique,
    row_key text not null,
    payload text not null,
    created_at timestamptz not null default clock_timestamp(),
    attempts int not null default 0,
    due_at timestamptz,
    request_id bigint,
    sent_at timestamptz,
    delivered_at timestamptz,
    last_error text
);
truncate melotech.webhook_outbox restart identity;
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


class Outbox:
    """What the triggers write and the push reads, done by hand."""

    def __init__(self, postgres: Postgres) -> None:
        self.dsn = postgres.dsn
        postgres.sql(SCHEMA)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection in autocommit mode."""
        return psycopg.connect(self.dsn, autocommit=True)

    def write(
        self,
        *bodies: str,
        row: str = "s-1",
        event_ids: tuple[str, ...] = (),
        told: bool = True,
    ) -> list[str]:
        """Commit events of one row; return their ids. `told`: with a notification."""
        ids = event_ids or tuple(f"msg_{next(_numbers):06}" for _ in bodies)
        with self.connect() as connection, connection.transaction():
            connection.cursor().executemany(
                "insert into melotech.webhook_outbox (event_id, row_key, payload)"
                " values (%s, %s, %s)",
                [(name, row, body) for name, body in zip(ids, bodies, strict=True)],
            )
            if told:
                connection.execute("notify melotech_outbox")
        return list(ids)

    def change(self, submission: str = "s-1", **columns: Any) -> str:
        """Commit one change; return its event id."""
        return self.write(payload(submission, **columns), row=submission)[0]

    def ask(self, query: str, *words: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.connect() as connection:
            cursor = connection.execute(query, words)
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
    return requests.get(f"{relay.url}/health", timeout=5).json()
