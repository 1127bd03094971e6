"""A private PostgreSQL without a network, for the SQL that runs inside the database."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

REMEDY = "apt-get install postgresql"
DEADLINE = 60


class Postgres:
    """A server that answers on a socket file in its own folder."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        # The server refuses to run as root.
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self._as_user:
            shutil.chown(folder, "postgres")

    @property
    def dsn(self) -> str:
        """Return the address that a client connects to."""
        return f"postgresql://test@/postgres?host={quote(str(self._folder), safe='')}"

    def start(self) -> None:
        """Make the cluster and start it."""
        data = self._folder / "data"
        initdb = [
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "-U",
            "test",
        ]
        self._run(*initdb, "-D", str(data))
        options = f"-c listen_addresses='' -k {self._folder} -c fsync=off"
        log = str(self._folder / "log")
        self._run(
            "pg_ctl", "start", "-w", "-s", "-D", str(data), "-l", log, "-o", options
        )

    def restart(self) -> None:
        """Crash it, and wait until it is back with what was committed."""
        data, log = str(self._folder / "data"), str(self._folder / "log")
        self._run(
            "pg_ctl", "restart", "-w", "-s", "-m", "immediate", "-D", data, "-l", log
        )

    def stop(self) -> None:
        """End it."""
        data = str(self._folder / "data")
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", data)

    def create_database(self, name: str) -> Database:
        """Make an empty database; what a module leaves there disturbs no other."""
        self.sql(f'create database "{name}"')
        return Database(self._folder, name)

    def sql(self, text: str, *, user: str = "test") -> str:
        """Run the statements; return what they select, unaligned."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        address = ["-h", str(self._folder), "-U", user, "-d", "postgres"]
        return self._run(*command, *address, stdin=text)

    def _run(self, program: str, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self._as_user, str(self._binaries / program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Database:
    """One database of the server, talked to by a client rather than by psql."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.name = name

    def dsn(self, user: str = "test") -> str:
        """Return the address by which a role connects."""
        host = quote(str(self._folder), safe="")
        return f"postgresql://{user}@/{self.name}?host={host}"

    def connect(self, user: str = "test") -> psycopg.Connection[Any]:
        """Return a connection in which each statement is a transaction."""
        return psycopg.connect(self.dsn(user), autocommit=True)

    def run(self, text: str, *, user: str = "test") -> None:
        """Run statements, all in one transaction as Supabase's SQL editor does."""
        with self.connect(user) as connection:
            connection.execute(text.encode())

    def rows(self, query: str, *words: Any, user: str = "test") -> list[Any]:
        """Return a query's rows; where it has one column, that column's values."""
        with self.connect(user) as connection:
            found = connection.execute(query.encode(), words or None).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def one(self, query: str, *words: Any, user: str = "test") -> Any:
        """Return the single row of a query."""
        (row,) = self.rows(query, *words, user=user)
        return row


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this run's own."""
    binaries = _binaries()
    if binaries is None:
        end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        end(f"no PostgreSQL to test with: {REMEDY}")
    folder = Path(tempfile.mkdtemp(prefix="melotech-postgres-"))
    try:
        server = Postgres(binaries, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian and (os.getuid() != 0 or _has_user("postgres")):
        return debian[-1].parent
    return None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
