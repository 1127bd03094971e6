"""The two processes of a private RabbitMQ: Erlang's port mapper and the node."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from devstack.broker.configuration import (
    LOOPBACK,
    BrokerPlan,
    environment,
    write_files,
)
from devstack.tether import tethered

#: Where packagers put the programs beside PATH. Debian's own /usr/sbin/rabbitmq-server
#: refuses ordinary users and changes to another one, so the real script comes first.
SERVER_FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin")
EPMD_FOLDERS = ("/usr/lib/erlang/bin", "/opt/homebrew/opt/erlang/lib/erlang/bin")
#: An orderly stop closes queues and flushes their files, in seconds.
STOP_DEADLINE = 30.0
EPMD_DEADLINE = 5.0


class BrokerMissing(Exception):
    """This machine has no RabbitMQ of its own."""


def server_program() -> str | None:
    """Return the path of RabbitMQ's start script, None where it is not installed."""
    return _find("rabbitmq-server", SERVER_FOLDERS)


class Node:
    """Start and end the port mapper and the node; both end with this process too."""

    def __init__(self, plan: BrokerPlan) -> None:
        self._plan = plan
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id of the running node."""
        return self._server.pid if self._server and self.running else None

    @property
    def running(self) -> bool:
        """Tell whether the node's process lives."""
        return self._server is not None and self._server.poll() is None

    def start(self, output: IO[bytes] | None = None) -> None:
        """Start both processes; `output` takes the log, else standard output does.

        Raises BrokerMissing; returns before the node listens.
        """
        server = server_program()
        epmd = _find("epmd", EPMD_FOLDERS)
        if server is None or epmd is None:
            raise BrokerMissing("rabbitmq-server is not installed")
        write_files(self._plan)
        # A port mapper of our own in the foreground: the node would otherwise leave a
        # daemon behind that outlives everything.
        mapper = [epmd, "-address", LOOPBACK, "-port", str(self._plan.epmd_port)]
        self._epmd = self._spawn(mapper, output)
        _wait_for_port(self._plan.epmd_port, self._epmd)
        self._server = self._spawn([server], output)

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; tell whether the node has ended."""
        if self._server is not None:
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(timeout)
        return not self.running

    def send(self, signum: signal.Signals) -> None:
        """Send a signal to the node."""
        if self._server is not None:
            self._server.send_signal(signum)

    def stop(self) -> None:
        """End the node in order, by force after STOP_DEADLINE; then the port mapper."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        if self._server is not None and not self.wait(STOP_DEADLINE):
            self.send(signal.SIGKILL)
        self._reap()

    def kill(self) -> None:
        """End both at once, as a loss of power would."""
        self.send(signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(STOP_DEADLINE)
        if self._server is not None:
            self._server.wait(STOP_DEADLINE)
        self._epmd = self._server = None

    def _spawn(
        self, command: list[str], output: IO[bytes] | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            tethered(command, by=signal.SIGKILL),
            env=environment(self._plan, path=os.environ.get("PATH", os.defpath)),
            cwd=self._plan.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )


def _find(program: str, folders: tuple[str, ...]) -> str | None:
    for folder in folders:
        path = Path(folder) / program
        if os.access(path, os.X_OK):
            return str(path)
    return shutil.which(program)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + EPMD_DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    process.kill()
    process.wait(EPMD_DEADLINE)
    raise RuntimeError(f"epmd does not answer on port {port}")
