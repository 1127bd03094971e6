"""What SQLite's errors say about a file."""

from __future__ import annotations

import sqlite3


class Damaged(sqlite3.DatabaseError):
    """The file is not, or no longer, one of the layout that was looked for."""


def is_damage(error: sqlite3.Error) -> bool:
    """Tell a file that is beyond use from one that cannot be used just now."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return (
        isinstance(error, Damaged)
        or code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        or code == sqlite3.SQLITE_IOERR_SHORT_READ
        or "no such table" in str(error)
        or "no such column" in str(error)
    )
