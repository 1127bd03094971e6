"""Broken promises of one kind as a line: how many, and some of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: Of one kind of fault so many are told with their ids.
SHOWN = 5


def told(what: str, ids: Iterable[str]) -> Iterator[str]:
    """Yield a line where there are any."""
    found = sorted(ids)
    if found:
        yield f"{what}: {len(found)}, such as {', '.join(found[:SHOWN])}"
