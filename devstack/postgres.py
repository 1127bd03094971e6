"""A private PostgreSQL that answers on a socket file, with its data in one folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

REMEDY = "no PostgreSQL server on this machine: apt-get install postgresql"
DEADLINE = 60


class PostgresMissing(Exception):
    """There is no PostgreSQL to start, or one of its programs failed."""


class PrivatePostgres:
    """A server without a network; `settings` are PostgreSQL's own, by name."""

    def __init__(
        self, folder: Path, *, superuser: str, settings: Mapping[str, str] | None = None
    ) -> None:
        binaries = server_binaries()
        if binaries is None:
            raise PostgresMissing(REMEDY)
        self.folder = folder
        self._binaries = binaries
        self._superuser = superuser
        self._settings = {"listen_addresses": "", **(settings or {})}
        # The server refuses to run as root.
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self._as_user:
            shutil.chown(folder, "postgres")

    def dsn(self, *, database: str = "postgres", user: str | None = None) -> str:
        """Return the address by which a role connects."""
        host = quote(str(self.folder), safe="")
        return f"postgresql://{user or self._superuser}@/{database}?host={host}"

    def start(self) -> None:
        """Make the cluster and start it."""
        self.run(
            "initdb",
            *("--auth=trust", "--encoding=UTF8", "--no-sync"),
            *("-U", self._superuser, "-D", self._data),
        )
        given = [f"-c {name}='{value}'" for name, value in self._settings.items()]
        options = " ".join([*given, f"-k {self.folder}"])
        self._control("start", "-l", self._log, "-o", options)

    def restart(self) -> None:
        """Crash it, and wait until it is back with what was committed."""
        self._control("restart", "-m", "immediate", "-l", self._log)

    def stop(self) -> None:
        """End it."""
        self._control("stop", "-m", "immediate")

    def run(self, program: str, *words: str, stdin: str = "") -> str:
        """Run one of PostgreSQL's programs; return what it prints."""
        done = subprocess.run(
            [*self._as_user, str(self._binaries / program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            cwd="/",
            check=False,
        )
        if done.returncode != 0:
            raise PostgresMissing(f"{program} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def _control(self, what: str, *words: str) -> None:
        self.run("pg_ctl", what, "-w", "-s", "-D", self._data, *words)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def _log(self) -> str:
        return str(self.folder / "log")


@contextmanager
def in_a_folder_of_its_own() -> Iterator[Path]:
    """Yield a folder that goes with the block."""
    folder = Path(tempfile.mkdtemp(prefix="melotech-postgres-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def private_postgres() -> Iterator[str]:
    """Start a server of our own; yield the address of its first database."""
    with in_a_folder_of_its_own() as folder:
        server = PrivatePostgres(folder, superuser="melotech")
        server.start()
        try:
            yield server.dsn()
        finally:
            server.stop()


def server_binaries() -> Path | None:
    """Return the folder of `initdb` and its kin; Debian keeps them off the PATH."""
    if os.getuid() == 0 and not _has_user("postgres"):
        return None
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
