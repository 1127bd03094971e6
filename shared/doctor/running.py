"""All checks at once, each with a deadline: one peer that hangs delays no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.doctor.findings import Finding, fault

F = TypeVar("F")

#: For a check, its waits and its thoughts included, in seconds.
DEADLINE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[F]):
    """Fetch a fact, and decide what it means."""

    group: str
    name: str
    fetch: Callable[[], F]
    decide: Callable[[F], list[Finding]]

    def run(self) -> list[Finding]:
        """Return what was found."""
        return self.decide(self.fetch())


class _Running:
    def __init__(self, check: Check[Any]) -> None:
        self.check = check
        self.found: list[Finding] | None = None
        # No pool: its threads are waited for at the end, and a name may take minutes
        # to be looked up.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.found = self.check.run()
        except Exception as error:  # noqa: BLE001 # one check's failure is its own
            self.found = [_broken(self.check, error)]

    def wait(self, until: float) -> list[Finding]:
        self._thread.join(max(0.0, until - time.monotonic()))
        return [_late(self.check)] if self.found is None else self.found


def run(checks: Sequence[Check[Any]], *, deadline: float = DEADLINE) -> list[Finding]:
    """Return what all found, in their order; `deadline` is in seconds."""
    until = time.monotonic() + deadline
    running = [_Running(check) for check in checks]
    return [finding for each in running for finding in each.wait(until)]


def _late(check: Check[Any]) -> Finding:
    return fault(
        check.group,
        check.name,
        "not checked: no answer in time",
        "See whether the peer is up and the way to it open (address, firewall, DNS),"
        " then run the doctor again.",
    )


def _broken(check: Check[Any], error: Exception) -> Finding:
    return fault(
        check.group,
        check.name,
        f"not checked: {type(error).__name__}",
        "The doctor itself failed here; report it with this line.",
    )
