"""The benches of a run: what is run of each, and how long that may take; data.

Fewer turns than each has by itself, so that all of them take half an hour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A bench; `deadline`, in seconds, is far beyond what two cores need."""

    name: str
    words: tuple[str, ...] = ()
    quick: tuple[str, ...] = ("--quick",)
    deadline: float

    @property
    def module(self) -> str:
        """Return the Python module that is run."""
        return f"bench.{self.name}"


PARTS = (
    Part(name="ingest", words=("--rounds", "5"), deadline=900),
    Part(
        name="fanout",
        # Pace and compression are for `make bench-fanout` alone: they take long.
        words=("--modes", "full,burst,stream,idle", "--turns", "3", "--seconds", "1"),
        quick=("--quick", "--modes", "full,burst,idle"),
        deadline=1500,
    ),
    Part(name="reading", words=("--turns", "2"), deadline=900),
    Part(name="cluster", words=("--rounds", "5"), deadline=900),
    Part(name="endtoend", words=("--changes", "40"), deadline=1800),
    Part(name="mail", words=("--rounds", "3"), deadline=1200),
)
NAMES = tuple(part.name for part in PARTS)
