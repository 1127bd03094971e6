"""`python -m devstack.stack up | stop | logs | test-servers | exec WORDS...`.

up: run everything in the foreground; stop: end it from elsewhere; logs: follow;
test-servers: install what tests start, where we may: RabbitMQ, PostgreSQL, Chromium,
promtool, a C compiler; exec: run Python with the stack's environment, as in
`exec -m devstack.watch`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from devstack.broker.node import server_program
from devstack.stack import debian, dotenv, environment
from devstack.stack.gateways import WrongNumber
from devstack.stack.logs import follow
from devstack.stack.starting import NotHealthy
from devstack.stack.supervision import Supervision
from devstack.stack.supervisord import Layout, UnusableFolder
from devstack.stack.up import CannotRun, up

FAILURES = (
    CannotRun,
    NotHealthy,
    UnusableFolder,
    WrongNumber,
    debian.InstallFailed,
    dotenv.DotenvError,
)
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Do what the first word says."""
    commands: Mapping[str, Callable[[], None]] = {
        "up": lambda: up(ROOT, os.environ),
        "stop": _stop,
        "logs": _logs,
        "test-servers": _test_servers,
        "exec": _exec,
    }
    command = commands.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        sys.exit(str(__doc__))
    try:
        command()
    except FAILURES as error:
        sys.exit(str(error))


def _stop() -> None:
    supervision = Supervision(Layout(ROOT))
    if supervision.pid() is None:
        print("Nothing runs.")
        return
    print("Stopping ...", flush=True)
    supervision.stop()
    print("Stopped.")


def _logs() -> None:
    with suppress(KeyboardInterrupt, BrokenPipeError):
        for text in follow(Layout(ROOT).logs):
            print(text, flush=True)


def _test_servers() -> None:
    # Where one cannot be had, the tests that need none still run, and the others say
    # what is missing.
    present = {
        "rabbitmq-server": bool(server_program()),
        "postgresql": _has_postgres(),
        "chromium": shutil.which("chromium") is not None,
        # For promtool, which tries the rules of the alerts.
        "prometheus": shutil.which("promtool") is not None,
        # For clocks that jump.
        "gcc": shutil.which("cc") is not None or shutil.which("gcc") is not None,
        # Without a font there is no text to look at.
        "fonts-liberation": Path("/usr/share/fonts/truetype").exists(),
    }
    for package in [name for name, here in present.items() if not here]:
        if debian.may_install():
            debian.install(package)


def _has_postgres() -> bool:
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return any(packaged) or shutil.which("initdb") is not None


def _exec() -> None:
    values = environment.with_broker_url(environment.prepare(ROOT, os.environ))
    os.execve(sys.executable, [sys.executable, *sys.argv[2:]], values)  # noqa: S606


if __name__ == "__main__":
    main()
