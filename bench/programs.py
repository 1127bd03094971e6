"""The measured processes: start on a free port, what they cost, and an orderly end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from devstack.tether import tethered

ROOT = Path(__file__).resolve().parents[1]
START_DEADLINE, STOP_DEADLINE = 40.0, 15.0
#: What a bench takes to end all its servers, in seconds.
INTERRUPT_DEADLINE = 60.0
LOG_TAIL = 2000


class NotStarted(Exception):
    """A program did not get ready; the text ends with its log."""


class Program:
    """A Python module of ours as a process, ready when `/ready` answers 200."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        port: int,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        self.port = port
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                tethered([sys.executable, "-m", *words], by=signal.SIGKILL),
                cwd=ROOT,
                env={"PATH": os.environ.get("PATH", os.defpath), **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._measured = psutil.Process(self._process.pid)

    def wait_ready(self) -> None:
        """Return when it is ready; raise NotStarted."""
        until = time.monotonic() + START_DEADLINE
        while self._process.poll() is None and time.monotonic() < until:
            if self._is_ready():
                return
            time.sleep(0.05)
        tail = self._log.read_bytes()[-LOG_TAIL:].decode(errors="replace")
        raise NotStarted(f"{self._log.stem} did not get ready:\n{tail}")

    def cpu_seconds(self) -> float:
        """Return the processor time of all its threads so far, of user and kernel."""
        return cpu_seconds([self._process.pid])

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def pids(self) -> list[int]:
        """Return the process and those that it has started, down to the last."""
        children = self._measured.children(recursive=True)
        return [self._process.pid, *(child.pid for child in children)]

    def user_seconds(self) -> float:
        """Return the part spent outside the kernel, in hundredths of a second."""
        return float(self._measured.cpu_times().user)

    def resident_bytes(self) -> int:
        """Return its memory."""
        return int(self._measured.memory_info().rss)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it from running within the block, its sockets open."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, end it where it does not; return its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(STOP_DEADLINE)

    def __enter__(self) -> Self:
        """Let it end with the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def _is_ready(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/ready"
            with urllib.request.urlopen(address, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def run_to_end(words: Sequence[str], *, timeout: float) -> int:
    """Run a Python module of ours to its end; return its exit status.

    After `timeout` seconds it is interrupted, so that it ends what it has started, and
    TimeoutExpired is raised.
    """
    with subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT) as process:
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(INTERRUPT_DEADLINE)
            process.kill()
            raise


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of these processes so far, of user and kernel."""
    if sys.platform == "linux":
        # A process's own clock: nanoseconds, where /proc counts hundredths.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return float(sum(each.user + each.system for each in times))
