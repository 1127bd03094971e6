"""One command at a time, and one that is ended ends what it began.

Two backups at once would start the broker under each other's hands, and an update would
make anew what a restore has just stopped.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class Busy(Exception):
    """Another command has its turn."""


@contextmanager
def turn(folder: Path) -> Iterator[int]:
    """Hold the folder's lock; raise Busy where another command does.

    Yields the descriptor that holds it. Programs that inherit it hold it too, so that
    what a killed command has left running is waited for.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another `python3 -m deploy` is at work") from None
        yield lock
    finally:
        os.close(lock)


def end_in_order() -> None:
    """Make a lost terminal and a request to end what Ctrl-C is: an exception."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Under nohup it is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
