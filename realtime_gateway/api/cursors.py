"""Where the next page begins, as an opaque text that the client hands back.

A cursor is data from outside. What it names is a place to go on from, never a right:
each page is filtered anew by who asks.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import Annotated, TypeVar

import msgspec

from realtime_gateway.api.parameters import MAX_LENGTH, PLAIN
from realtime_gateway.api.problems import at_fault

#: Two texts of the greatest length, four bytes a character, in base64.
MAX_CURSOR_LENGTH = 2 * MAX_LENGTH * 4 * 4 // 3 + 64

Plain = Annotated[str, msgspec.Meta(pattern=PLAIN)]


class Snapshot(msgspec.Struct, frozen=True, array_like=True, tag="submissions"):
    """After the submission `after`, of the snapshot begun after the event `as_of`."""

    after: Plain
    as_of: Plain | None


class History(msgspec.Struct, frozen=True, array_like=True, tag="history"):
    """After the event `after` of one submission."""

    after: Plain


Cursor = TypeVar("Cursor", Snapshot, History)


def write(cursor: Snapshot | History) -> str:
    """Return the cursor as text for a query."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def read(kind: type[Cursor], text: str | None) -> Cursor | None:
    """Return the cursor, None where none is given; raise Problem."""
    if text is None:
        return None
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise ValueError("longer than any of ours")
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = msgspec.json.decode(b64decode(padded, b"-_", validate=True), type=kind)
    except (ValueError, RecursionError):
        raise at_fault("cursor", "is not one of ours") from None
    return cursor
