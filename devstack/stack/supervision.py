"""One supervisord: starting it, asking it, ending it with all that it started."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from xml.parsers.expat import ExpatError

from devstack.stack.programs import Program
from devstack.stack.supervisord import Layout, configuration

#: Groups are stopped one after the other, each within its programs' own time.
STOP_DEADLINE = 130.0
KILL_DEADLINE = 5.0
ANSWER_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """What the supervisor says about one program."""

    name: str
    #: RUNNING, STARTING, BACKOFF (ended early, tried again), FATAL (given up), ...
    state: str
    #: 0 where it does not run.
    pid: int


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_DEADLINE)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path in place of the host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_DEADLINE)
        self.sock.connect(self._path)


class Supervision:
    """The supervisord of one project folder, whoever started it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[Program], environ: Mapping[str, str]) -> None:
        """Start it in a session of its own: Ctrl-C is for us, and we stop it."""
        layout = self._layout
        layout.logs.mkdir(parents=True, exist_ok=True)
        layout.run.chmod(0o700)
        layout.config.write_text(configuration(layout, programs))
        extra = {
            name: value
            for program in programs
            for name, value in program.environment.items()
        }
        command = [sys.executable, "-m", "supervisor.supervisord"]
        with layout.complaints.open("wb") as complaints:
            self._process = subprocess.Popen(
                [*command, "-c", str(layout.config)],
                cwd=layout.root,
                env={**environ, **extra},
                stdin=subprocess.DEVNULL,
                stdout=complaints,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pid(self) -> int | None:
        """Return the process id of the running supervisord, None where none runs."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        try:
            pid = int(self._layout.pid_file.read_text())
        except (OSError, ValueError):
            return None
        # A number in a file may long be somebody else's: ask for its command.
        return pid if str(self._layout.config) in _command_of(pid) else None

    @property
    def stopped_in_order(self) -> bool:
        """Tell whether the one that we started was asked to end, and has ended."""
        return self._process is not None and self._process.poll() == 0

    def states(self) -> list[State]:
        """Return the state of each program, nothing while it does not answer."""
        answer = self._ask("supervisor.getAllProcessInfo")
        return [
            State(str(info["name"]), str(info["statename"]), int(info["pid"]))
            for info in answer
        ]

    def stop(self, timeout: float = STOP_DEADLINE) -> None:
        """End it and its programs; by force after `timeout` seconds."""
        pid = self.pid()
        if pid is not None:
            self._end(pid, timeout)
        # One that was killed has left it.
        self._layout.socket.unlink(missing_ok=True)

    def _end(self, pid: int, timeout: float) -> None:
        # Each program leads a process group of its own number.
        groups = [state.pid for state in self.states() if state.pid]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not self._gone(timeout):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            for group in groups:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
            self._gone(KILL_DEADLINE)

    def _ask(self, method: str) -> list[dict[str, str | int]]:
        connection = _UnixConnection(str(self._layout.socket))
        try:
            connection.request(
                "POST",
                "/RPC2",
                body=xmlrpc.client.dumps((), method),
                headers={"Content-Type": "text/xml"},
            )
            answer, _ = xmlrpc.client.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError):
            return []
        finally:
            connection.close()
        return cast("list[dict[str, str | int]]", answer[0])

    def _gone(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def _command_of(pid: int) -> str:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return ""
    ask = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(
        ask, capture_output=True, text=True, timeout=10, check=False
    ).stdout
