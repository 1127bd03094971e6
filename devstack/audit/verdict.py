"""What one check found, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One check: its faults, or why nothing could be checked."""

    name: str
    faults: tuple[str, ...] = ()
    #: Why its data could not be had; then there are no faults.
    unreachable: str = ""
    checked: str = ""

    def lines(self) -> list[str]:
        """Return it for people: one line, and one for each fault."""
        if self.unreachable:
            return [f" - {self.name}: not checked, {self.unreachable}"]
        if self.faults:
            return [f" ✗ {self.name}", *(f"     {fault}" for fault in self.faults)]
        return [f" ✓ {self.name}: {self.checked}"]


def passes(verdicts: Iterable[Verdict], *, strict: bool) -> bool:
    """Tell whether nothing was found; `strict`: and nothing left unchecked."""
    return not any(v.faults or (strict and v.unreachable) for v in verdicts)
