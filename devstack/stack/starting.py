"""Waiting until all is healthy, and telling why it does not become so."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

from devstack.stack.health import Check
from devstack.stack.supervision import State, Supervision
from devstack.stack.supervisord import Layout

POLL_SECONDS = 0.2
#: A program that keeps ending for so long has a fault that waiting does not mend.
PATIENCE = 5.0
LOG_TAIL_LINES = 25


class NotHealthy(Exception):
    """Some programs do not work; the text has the reason and the ends of their logs."""


class Endings:
    """Since when each program has been ending over and over."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def hopeless(self, states: Sequence[State], now: float) -> list[str]:
        """Return who was given up, or has been ending for longer than PATIENCE."""
        given_up = [each.name for each in states if each.state == "FATAL"]
        for each in states:
            if each.state == "BACKOFF":
                self._since.setdefault(each.name, now)
            elif each.state == "RUNNING":
                self._since.pop(each.name, None)
        overdue = [n for n, since in self._since.items() if now - since > PATIENCE]
        return sorted({*given_up, *overdue})


def wait_until_healthy(
    layout: Layout,
    supervision: Supervision,
    checks: Mapping[str, Check],
    *,
    timeout: float,
    stopping: threading.Event,
) -> None:
    """Print each program as it becomes ready; return early when all is stopped.

    Raises NotHealthy.
    """
    started = time.monotonic()
    waiting = dict(checks)
    endings = Endings()
    while waiting and not stopping.is_set() and not supervision.stopped_in_order:
        for name in [name for name, check in waiting.items() if check()]:
            del waiting[name]
            print(f"  {name:<11}ready {time.monotonic() - started:5.1f} s", flush=True)
        now = time.monotonic()
        hopeless = endings.hopeless(supervision.states(), now)
        if supervision.pid() is None and not supervision.stopped_in_order:
            raise NotHealthy(_report(layout, list(waiting), "the supervisor has ended"))
        if hopeless:
            raise NotHealthy(_report(layout, hopeless, "ends again and again"))
        if waiting and now - started > timeout:
            raise NotHealthy(_report(layout, list(waiting), "it took too long"))
        stopping.wait(POLL_SECONDS)


def _report(layout: Layout, names: Sequence[str], reason: str) -> str:
    parts = [f"Not healthy: {', '.join(names)} ({reason})."]
    for path in [*(layout.log(name) for name in names), layout.complaints]:
        if path.exists() and path.stat().st_size:
            lines = path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
            parts += [f"--- the end of {path.relative_to(layout.root)}", *lines]
    return "\n".join(parts)
