"""`make run` in a copy of the project, in a folder and on ports of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from devstack.broker.node import server_program
from devstack.free_port import free_port
from devstack.stack.gateways import PORT_STEP
from devstack.stack.ports import is_taken
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
    "MAILER_BIND",
    "SUPABASE_STANDIN_BIND",
    "MAILGUN_STANDIN_BIND",
)
START_DEADLINE = 150.0


class Stack:
    """A copy of the project and what runs in it."""

    def __init__(self, root: Path, gateways: int) -> None:
        self.root = root
        self.environ = {
            "PATH": os.environ["PATH"],
            "EDGE_PORT": str(free_port()),
            "BROKER_PORT": str(free_port()),
            "INGEST_WORKERS": "1",
            "MAIL_SETTLE_SECONDS": "0.2",
            "GATEWAYS": str(gateways),
            **{name: f"127.0.0.1:{free_port()}" for name in BINDS},
            "GATEWAY_BIND": f"127.0.0.1:{_first_of_free_ports(gateways)}",
        }
        self.url = f"http://127.0.0.1:{self.environ['EDGE_PORT']}"
        self.output = root / "output.txt"
        self.layout = Layout(root)
        self.supervision = Supervision(self.layout)
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
            timeout=START_DEADLINE,
            check=False,
        )

    def pid_of(self, name: str) -> int:
        """Return the process id of a program, 0 while it does not run."""
        return {each.name: each.pid for each in self.supervision.states()}.get(name, 0)

    def answers(self) -> bool:
        """Tell whether the edge says that the whole system is healthy."""
        try:
            answer = requests.get(f"{self.url}/health", timeout=3)
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


def _first_of_free_ports(count: int) -> int:
    while True:
        first = free_port()
        ports = [first + PORT_STEP * number for number in range(count)]
        if ports[-1] < 65_536 and not any(is_taken("127.0.0.1", p) for p in ports):
            return first


StackOf = Callable[..., Stack]


@contextmanager
def stacks(folder: Path) -> Iterator[StackOf]:
    """Make a stack of this many gateways in the folder, not yet started; end it."""
    if server_program() is None:
        unavailable()
    with ExitStack() as ending:

        def make(gateways: int = 1, **environ: str) -> Stack:
            root = folder / "project"
            for part in PARTS:
                # With what is compiled: eight programs would do it again. Another test
                # may be writing some of it.
                ignored = shutil.ignore_patterns("*.pyc.*")
                shutil.copytree(ROOT / part, root / part, ignore=ignored)
            stack = Stack(root, gateways)
            stack.environ |= environ
            ending.callback(stack.close)
            return stack

        yield make


@pytest.fixture
def stack_of(tmp_path: Path) -> Iterator[StackOf]:
    """Make a stack of this many gateways, not yet started; it ends with the test."""
    with stacks(tmp_path) as make:
        yield make


@pytest.fixture
def stack(stack_of: StackOf) -> Stack:
    """A stack as it is by default."""
    return stack_of()
