"""SIGTERM and SIGINT ask a threaded process to stop; a second one does not hurry it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; call it from the main thread."""
    stop = threading.Event()

    def ask(signum: int, frame: FrameType | None) -> None:
        stop.set()

    for number in _SIGNALS:
        signal.signal(number, ask)
    return stop


@contextmanager
def held_signals() -> Iterator[threading.Event]:
    """Yield such an event for a piece of work, and put the signals back after it."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield stop_on_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
