"""Start a program that ends when its parent does: `tether.py SIGNAL program words...`.

Linux tells a child of its parent's end, even of a kill -9; elsewhere the program is
simply started. This file is run by its path, so that it needs no import path.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

#: From <linux/prctl.h>: the signal that the kernel sends at the parent's end.
PR_SET_PDEATHSIG = 1


def tethered(command: list[str], *, by: signal.Signals) -> list[str]:
    """Return the command that runs `command` and sends it `by` at its parent's end.

    The parent is the thread that starts it: start it from one that stays.
    """
    # Isolated and without site-packages: this start costs a few milliseconds.
    return [sys.executable, "-I", "-S", str(Path(__file__)), by.name, *command]


def main() -> None:
    """Become the program."""
    name, *command = sys.argv[1:]
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.Signals[name].value)
        if os.getppid() != parent:
            sys.exit("the parent has ended already")
    os.execvp(command[0], command)  # noqa: S606 # the words are our own caller's


if __name__ == "__main__":
    main()
