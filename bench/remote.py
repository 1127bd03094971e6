"""A process of ours that takes orders over a pipe, so that it measures in peace."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

#: What it still does when it is told to go, in seconds.
GOODBYE_DEADLINE = 10.0

T = TypeVar("T")


class Remote:
    """A process that runs `run(pipe)`; what it sends back are answers or exceptions."""

    def __init__(self, run: Callable[[Connection], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=run, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def say(self, order: object) -> None:
        """Send an order."""
        self._orders.send(order)

    def hear(self, kind: type[T], deadline: float) -> T:
        """Return the answer; raise what the process raised, TimeoutError after all."""
        if not self._orders.poll(deadline):
            raise TimeoutError(f"no {kind.__name__} within {deadline} s")
        answer = self._orders.recv()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, kind)
        return answer

    def dismiss(self, goodbye: object) -> None:
        """Send it a last order, which may come too late."""
        try:
            self._orders.send(goodbye)
        except OSError:
            return  # it has ended already, and said why

    def join(self) -> None:
        """Wait for its end, and bring it about where that takes too long."""
        self._process.join(GOODBYE_DEADLINE)
        if self._process.is_alive():
            self._process.kill()
