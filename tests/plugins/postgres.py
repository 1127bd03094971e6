"""A private PostgreSQL, for the SQL that runs inside the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from devstack.postgres import (
    REMEDY,
    PrivatePostgres,
    in_a_folder_of_its_own,
    server_binaries,
)

SUPERUSER = "test"


class Postgres:
    """A server that the tests of a run share, each module in its own database."""

    def __init__(self, server: PrivatePostgres) -> None:
        self._server = server

    def restart(self) -> None:
        """Crash it, and wait until it is back with what was committed."""
        self._server.restart()

    def create_database(self, name: str) -> Database:
        """Make an empty database; what a module leaves there disturbs no other."""
        with psycopg.connect(self._server.dsn(), autocommit=True) as connection:
            connection.execute(f'create database "{name}"'.encode())
        return Database(self._server, name)


class Database:
    """One database of the server, talked to by a client rather than by psql."""

    def __init__(self, server: PrivatePostgres, name: str) -> None:
        self._server = server
        self.name = name

    def dsn(self, user: str = SUPERUSER) -> str:
        """Return the address by which a role connects."""
        return self._server.dsn(database=self.name, user=user)

    def connect(self, user: str = SUPERUSER) -> psycopg.Connection[Any]:
        """Return a connection in which each statement is a transaction."""
        return psycopg.connect(self.dsn(user), autocommit=True)

    def run(self, text: str, *, user: str = SUPERUSER) -> None:
        """Run statements, all in one transaction as Supabase's SQL editor does."""
        with self.connect(user) as connection:
            connection.execute(text.encode())

    def rows(self, query: str, *words: Any, user: str = SUPERUSER) -> list[Any]:
        """Return a query's rows; where it has one column, that column's values."""
        with self.connect(user) as connection:
            found = connection.execute(query.encode(), words or None).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def one(self, query: str, *words: Any, user: str = SUPERUSER) -> Any:
        """Return the single row of a query."""
        (row,) = self.rows(query, *words, user=user)
        return row


def need_postgres() -> None:
    """Skip where this machine has no PostgreSQL, and say what mends it; in CI fail."""
    if server_binaries() is None:
        end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        end(REMEDY)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this run's own."""
    need_postgres()
    with in_a_folder_of_its_own() as folder:
        # Nothing here outlives the run, so nothing need reach the disk.
        server = PrivatePostgres(folder, superuser=SUPERUSER, settings={"fsync": "off"})
        server.start()
        try:
            yield Postgres(server)
        finally:
            server.stop()
