"""A database with the SQL pack, a pg_net that is driven by hand, and a receiver."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from devstack.pgnet import schema, worker
from devstack.pgnet.wire import Connections
from tests.plugins.postgres import Database
from tests.plugins.services import SECRET

PACK = Path(__file__).parents[3] / "supabase"
SCRIPT = (PACK / "migrations/20261124000000_melotech_webhooks.sql").read_text()
UNINSTALL = (PACK / "uninstall.sql").read_text()

#: `keeper` is what `postgres` is on Supabase: owner of much, and no superuser.
ROLES = """
do $$ begin
    create role artist login;
    create role anon login;
    create role authenticated login;
    create role keeper login nosuperuser bypassrls;
exception when duplicate_object then null; end $$;
"""

TABLES = f"""
create schema if not exists extensions;
create extension if not exists pgcrypto with schema extensions;
create table public.submissions (
    id uuid primary key default gen_random_uuid(),
    userid uuid default '11111111-1111-1111-1111-111111111111',
    title text, status text default 'pending', rating int, price numeric,
    big bigint, wide float8, files text[], updated_at timestamptz
);
{ROLES}grant all on public.submissions to artist, anon, authenticated;
"""

_numbers = itertools.count()

#: What the pack uses of Supabase Vault.
VAULT = """
create schema vault;
create table vault.secrets (
    id uuid primary key default gen_random_uuid(), name text unique, secret text);
create view vault.decrypted_secrets as
    select id, name, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(new_secret text, new_name text) returns uuid
    language sql as
    'insert into vault.secrets (name, secret) values ($2, $1) returning id';
create function vault.update_secret(secret_id uuid, new_secret text) returns void
    language sql as 'update vault.secrets set secret = $2 where id = $1';
"""


@pytest.fixture
def empty(postgres):
    """A database with `submissions`, and neither pg_net nor the pack."""
    database = postgres.create_database(f"pack{next(_numbers)}")
    database.run(TABLES)
    return database


@pytest.fixture
def database(empty):
    """A database with pg_net, pg_cron and the pack, which sends nowhere yet."""
    schema.install(empty.dsn())
    empty.run(SCRIPT)
    return empty


@dataclass(frozen=True)
class Received:
    """A request as the receiver got it; header names in lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def title(self) -> str:
        payload = json.loads(self.body)
        return (payload["record"] or payload["old_record"])["title"]


class Receiver:
    """An HTTP server that writes down what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.statuses: dict[str, int] = {}
        self.status = 202
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"
        serve = partial(self._server.serve_forever, poll_interval=0.05)
        self._thread = threading.Thread(target=serve)
        self._thread.start()

    def take(self) -> list[Received]:
        """Return what has come since the last time."""
        taken, self.received = self.received, []
        return taken

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lower = {name.lower(): value for name, value in self.headers.items()}
        request = Received(lower, body)
        self.receiver.received.append(request)
        told = self.receiver.statuses.get(request.title, self.receiver.status)
        self.send_response(told)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    """A receiver that accepts."""
    server = Receiver()
    yield server
    server.stop()


class Push:
    """The pack's push, step by step."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self) -> int:
        """Let pg_net send one batch and note the answers; return how many."""
        return asyncio.run(self._deliver())

    async def _deliver(self) -> int:
        connections = Connections()
        try:
            async with await worker.connect(self._database.dsn()) as connection:
                return await worker.send_batch(connection, connections)
        finally:
            connections.close()

    def tick(self) -> None:
        """Collect the answers, and send what is due."""
        self._database.run("select melotech.tick()")

    def make_due(self) -> None:
        """Let the time until the next attempts pass."""
        self._database.run(
            "update melotech.webhook_outbox set due_at = now()"
            " where delivered_at is null and isfinite(due_at)"
        )


@pytest.fixture
def push(database, receiver):
    """The push, from the database to the receiver."""
    configure(database, receiver.url)
    return Push(database)


def configure(database, url, secret=SECRET, **settings):
    """Call `melotech.configure`; return what it tells."""
    given = {"url": url, "secret": secret} | settings
    names = ", ".join(f"{name} := %s" for name in given)
    return database.one(f"select melotech.configure({names})", *given.values())


def titles(requests) -> list[str]:
    """Return the titles of the rows that the requests tell of."""
    return [request.title for request in requests]


def backlog(database) -> list[tuple[str, int, str | None]]:
    """Return state, attempts and reason of what is undelivered."""
    return database.rows(
        "select state, attempts, last_error from melotech.webhook_backlog"
    )


def insert(database, *names):
    """Insert a submission of each name."""
    for name in names:
        database.run(f"insert into submissions (title) values ('{name}')")


def delivered(database):
    """Return how many changes are marked as delivered."""
    return database.one("select count(delivered_at) from melotech.webhook_outbox")
