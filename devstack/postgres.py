"""A private PostgreSQL on a socket file, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

REMEDY = "no PostgreSQL server on this machine: apt-get install postgresql"
DEADLINE = 60
SUPERUSER = "melotech"


class PostgresMissing(Exception):
    """There is no PostgreSQL to start, or it did not start; the text says why."""


@contextmanager
def private_postgres() -> Iterator[str]:
    """Start a server of our own; yield the address of its first database."""
    binaries = server_binaries()
    if binaries is None:
        raise PostgresMissing(REMEDY)
    folder = Path(tempfile.mkdtemp(prefix="melotech-postgres-"))
    data = str(folder / "data")
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        _run(binaries, "initdb", "--auth=trust", "-E", "UTF8", "-U", SUPERUSER, data)
        options = f"-c listen_addresses='' -k {folder}"
        log = str(folder / "log")
        _run(binaries, "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)
        try:
            yield f"postgresql://{SUPERUSER}@/postgres?host={quote(str(folder), '')}"
        finally:
            _run(binaries, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder)


def server_binaries() -> Path | None:
    """Return the folder of `initdb` and its kin; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def _run(binaries: Path, program: str, *words: str) -> None:
    # The server refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*as_user, str(binaries / program), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        raise PostgresMissing(f"{program} failed: {done.stderr.strip()}")
