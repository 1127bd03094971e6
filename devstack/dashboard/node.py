"""Node and npm on this machine: finding them, and running what ends by itself."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

#: What Vite asks for.
OLDEST = (20, 19)
ANSWER_DEADLINE = 20.0
POLL_SECONDS = 0.1
TAIL_LINES = 15
ADVICE = "no Node 20.19 or newer with npm (Debian 13: apt-get install nodejs npm)"


class Failed(Exception):
    """A command did not end well; the text has its last lines."""


def is_here() -> bool:
    """Tell whether there is a Node that is new enough, with npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = subprocess.run(
            ["node", "--version"],
            capture_output=True,
            text=True,
            timeout=ANSWER_DEADLINE,
            check=False,
        )
        return version_of(asked.stdout) >= OLDEST
    return False


def version_of(text: str) -> tuple[int, int]:
    """Return major and minor of `v20.19.2`; zeros where it is no version."""
    found = re.match(r"v(\d+)\.(\d+)\.", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what Vite would build into the pages."""
    return {n: value for n, value in environ.items() if not n.startswith("VITE_")}


def finished(
    folder: Path, words: Sequence[str], *, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it printed, whatever it came to.

    Raises subprocess.TimeoutExpired, and OSError where there is no such program.
    """
    return subprocess.run(
        words,
        cwd=folder,
        env=plain(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run(
    folder: Path,
    words: Sequence[str],
    *,
    timeout: float,
    stopping: threading.Event | None = None,
) -> None:
    """Run a command quietly; raise Failed, also where `stopping` is set meanwhile."""
    stopping = stopping or threading.Event()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=plain(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        overdue = time.monotonic() + timeout
        try:
            while process.poll() is None and time.monotonic() < overdue:
                if stopping.wait(POLL_SECONDS):
                    break
        finally:
            ended = process.poll() is not None
            _end(process)
        if not ended or process.returncode:
            output.seek(0)
            last = output.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
            reason = "did not succeed" if ended else "did not end"
            raise Failed("\n".join([f"{' '.join(words)} {reason}", *last]))


def _end(process: subprocess.Popen[bytes]) -> None:
    # With all that it has started: it leads a group of its own.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(ANSWER_DEADLINE)
