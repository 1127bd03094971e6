"""`make run` for real: a copy of the project in a folder and on ports of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from devstack.broker.node import free_port, server_program
from devstack.stack.supervision import Supervision
from devstack.stack.supervisord import Layout
from tests.plugins.broker import unavailable
from tests.plugins.services import until

ROOT = Path(__file__).parents[2]
PARTS = (
    "shared",
    "ingest_service",
    "realtime_gateway",
    "mailer_worker",
    "devstack",
    "deploy",
)
BINDS = (
    "INGEST_BIND",
    "GATEWAY_BIND",
    "MAILER_BIND",
    "SUPABASE_STANDIN_BIND",
    "MAILGUN_STANDIN_BIND",
)
START_DEADLINE = 100.0


class Stack:
    """A copy of the project and what runs in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {
            "PATH": os.environ["PATH"],
            "EDGE_PORT": str(free_port()),
            "BROKER_PORT": str(free_port()),
            "INGEST_WORKERS": "1",
            **{name: f"127.0.0.1:{free_port()}" for name in BINDS},
        }
        self.edge = f"http://127.0.0.1:{self.environ['EDGE_PORT']}"
        self.output = root / "output.txt"
        self.supervision = Supervision(Layout(root))
        self._foreground: subprocess.Popen[bytes] | None = None

    def up(self) -> subprocess.Popen[bytes]:
        """Start it as `make run` does, and wait until it says that all is well."""
        with self.output.open("wb") as output:
            self._foreground = subprocess.Popen(
                [sys.executable, "-m", "devstack.stack", "up"],
                cwd=self.root,
                env=self.environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(self.says_healthy, timeout=START_DEADLINE)
        return self._foreground

    def says_healthy(self) -> bool:
        """Tell whether it has printed so; fail where it has ended."""
        text = self.output.read_text()
        assert self._foreground is not None
        assert self._foreground.poll() is None, text
        return "Healthy after" in text

    def run(self, word: str) -> subprocess.CompletedProcess[str]:
        """Run another command from elsewhere."""
        return subprocess.run(
            [sys.executable, "-m", "devstack.stack", word],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def pid_of(self, name: str) -> int:
        """Return the process id of a program, 0 while it does not run."""
        return {each.name: each.pid for each in self.supervision.states()}.get(name, 0)

    def answers(self) -> bool:
        """Tell whether the edge says that the whole system is healthy."""
        try:
            answer = requests.get(f"{self.edge}/health", timeout=3)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and answer.json()["status"] == "healthy"

    def processes(self) -> list[psutil.Process]:
        """Return every process that works in the folder."""
        found = []
        for process in psutil.process_iter(["cwd"]):
            folder = process.info["cwd"] or ""
            if Path(folder).is_relative_to(self.root):
                found.append(process)
        return found

    def close(self) -> None:
        """Leave nothing behind, whatever has happened."""
        if self._foreground is not None:
            self._foreground.kill()
            self._foreground.wait(10)
        self.supervision.stop(timeout=60)
        for process in self.processes():
            process.kill()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    if server_program() is None:
        unavailable()
    root = tmp_path / "project"
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    stack = Stack(root)
    yield stack
    stack.close()


@pytest.mark.timeout(300)
def test_one_command_runs_everything_restarts_what_dies_and_ends_without_a_trace(
    stack: Stack,
) -> None:
    foreground = stack.up()
    assert stack.answers()
    assert stack.edge.rpartition(":")[2] in stack.output.read_text()

    second = stack.run("up")
    assert second.returncode == 0, second.stderr
    assert "runs already" in second.stdout

    for name in ("gateway", "mailer", "rabbitmq"):
        killed = stack.pid_of(name)
        os.kill(killed, signal.SIGKILL)
        until(lambda name=name, killed=killed: stack.pid_of(name) not in {0, killed})
        until(stack.answers, timeout=60)

    foreground.send_signal(signal.SIGINT)
    assert foreground.wait(60) == 0
    assert stack.processes() == []


@pytest.mark.timeout(300)
def test_what_lost_its_terminal_is_stopped_from_elsewhere(stack: Stack) -> None:
    stack.up().kill()
    assert stack.answers()

    stopped = stack.run("stop")

    assert stopped.returncode == 0, stopped.stderr
    until(lambda: stack.processes() == [])
    assert "Nothing runs" in stack.run("stop").stdout


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a kill -9")
def test_nothing_outlives_a_killed_supervisor(stack: Stack) -> None:
    foreground = stack.up()
    supervisor = stack.supervision.pid()
    assert supervisor is not None

    os.kill(supervisor, signal.SIGKILL)

    assert foreground.wait(60) == 1
    until(lambda: stack.processes() == [], timeout=40)
    assert "killed" in stack.output.read_text()


@pytest.mark.timeout(300)
def test_program_that_cannot_start_is_told_with_the_end_of_its_log(
    stack: Stack,
) -> None:
    stack.environ["MAILGUN_FROM_EMAIL"] = "no address"

    failed = stack.run("up")

    assert failed.returncode == 1
    assert "Not healthy: mailer" in failed.stderr
    assert "MAILGUN_FROM_EMAIL" in failed.stderr
    assert stack.processes() == []


def test_port_that_somebody_else_holds_is_named(stack: Stack) -> None:
    port = stack.environ["GATEWAY_BIND"].rpartition(":")[2]
    holder = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _serves(port))
        refused = stack.run("up")
    finally:
        holder.kill()
        holder.wait(10)

    assert refused.returncode == 1
    assert f"port {port} of gateway" in refused.stderr
    assert "GATEWAY_BIND" in refused.stderr
    assert stack.processes() == []


def _serves(port: str) -> bool:
    try:
        return requests.head(f"http://127.0.0.1:{port}/", timeout=2).ok
    except requests.RequestException:
        return False
