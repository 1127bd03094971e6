"""Clocks that jump while a service runs: a preloaded library shifts the time."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
MISSING = "no C compiler on this machine: apt-get install gcc"
#: The library needs nothing but what every program has loaded already.
COMPILE = ("-shared", "-fPIC", "-O2", "-nostdlib")


class NoClock(Exception):
    """There is nothing to make the library with."""


def library(folder: Path) -> Path:
    """Make the library in the folder; raise NoClock."""
    compiler, made = shutil.which("cc") or shutil.which("gcc"), folder / "clock.so"
    if compiler is None:
        raise NoClock(MISSING)
    words = [compiler, *COMPILE, "-o", str(made), str(SOURCE)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise NoClock(f"the library for clocks cannot be made: {done.stderr[:300]}")
    return made


class Clock:
    """The clock of one service, which is started with `environ`."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        file.write_bytes(_told(0))
        self.environ = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}

    def shift(self, seconds: int) -> None:
        """Set it so many seconds forwards; backwards where negative."""
        # In place: the service has this very file in its memory.
        with self._file.open("r+b") as file:
            file.write(_told(seconds))


def _told(seconds: int) -> bytes:
    return struct.pack("@q", seconds)
