"""Erlang's port mapper, by which the nodes of one machine find each other."""

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

from devstack.broker.configuration import LOOPBACK
from devstack.tether import tethered

ERLANG_FOLDERS = ("/usr/lib/erlang/bin", "/opt/homebrew/opt/erlang/lib/erlang/bin")
DEADLINE = 5.0


class BrokerMissing(Exception):
    """This machine has no RabbitMQ of its own."""


class PortMapper:
    """One in the foreground; a node would else leave one that outlives everything."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, output: IO[bytes] | None = None) -> None:
        """Start it, and return when it answers; raise BrokerMissing."""
        program = find("epmd", ERLANG_FOLDERS)
        if program is None:
            raise BrokerMissing("Erlang is not installed")
        command = [program, "-address", LOOPBACK, "-port", str(self.port)]
        self._process = subprocess.Popen(
            tethered(command, by=signal.SIGKILL),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )
        _wait_for_port(self.port, self._process)

    def stop(self) -> None:
        """End it: it has nothing to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE)
        self._process = None


def find(program: str, folders: tuple[str, ...]) -> str | None:
    """Return where a program is: in one of the folders, else on the PATH."""
    for folder in folders:
        path = Path(folder) / program
        if os.access(path, os.X_OK):
            return str(path)
    return shutil.which(program)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    process.kill()
    process.wait(DEADLINE)
    raise RuntimeError(f"epmd does not answer on port {port}")
