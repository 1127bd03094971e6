"""What the command lines of all benches share: numbers in, progress out."""

from __future__ import annotations

import sys


def numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between; raise ValueError."""
    return tuple(int(part) for part in text.split(","))


def say(text: str) -> None:
    """Tell how far it is, where the tables do not go."""
    print(text, file=sys.stderr, flush=True)
