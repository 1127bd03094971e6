"""Work that blocks on the disk, out of the way of gevent's requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.monkey import is_module_patched

T = TypeVar("T")


def outside(work: Callable[[], T]) -> T:
    """Do the work while other greenlets run; return or raise what it does.

    Under gevent all requests of a worker share one thread of the operating system,
    and a write to the disk would hold them all: it is given to another one. Without
    gevent the caller has a thread to itself, which may wait.
    """
    if not is_module_patched("threading"):
        return work()

    done: list[T] = []
    failed: list[Exception] = []

    def tried() -> None:
        # An error that left the thread would be printed with its traceback.
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001 # raised below, by the caller
            failed.append(error)

    gevent.get_hub().threadpool.apply(tried)
    if failed:
        raise failed[0]
    return done[0]
