"""One question to a database: the ledger's layout, the SQL pack's version.

psycopg is in the images that need it, and is looked for by name.
"""

from __future__ import annotations

import importlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shared.doctor.probes.http import NoAnswer

CONNECT_TIMEOUT = 4
LAYOUT_IN_SQLITE = "select version from layout"
LAYOUT_IN_POSTGRES = "select version from melotech_mailer.layout"
#: A comment can be read without any right.
PACK = (
    "select substring(obj_description(to_regnamespace('melotech'), 'pg_namespace')"
    " from 'pack ([0-9]+)')"
)
#: SQLSTATEs of a login that is refused, and of tables that are not there.
_LOGIN, _NO_TABLE = ("28",), ("42P01", "3F000")


@dataclass(frozen=True, slots=True)
class Told:
    """The answer; None where what was asked for is not there yet."""

    value: str | None


Response = Told | NoAnswer


def layout_of(url: str) -> Response:
    """Return the layout of the mailer's ledger at a database address."""
    if url.startswith("sqlite"):
        return _sqlite(Path(url.partition("///")[2]))
    return _postgres("postgresql" + url[url.index(":") :], LAYOUT_IN_POSTGRES)


def pack_of(url: str) -> Response:
    """Return the version of the SQL pack in a PostgreSQL database."""
    return _postgres(url, PACK)


def _sqlite(file: Path) -> Response:
    if not file.exists():
        return Told(None)
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode=ro", uri=True, timeout=CONNECT_TIMEOUT
        )
        try:
            row = connection.execute(LAYOUT_IN_SQLITE).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return Told(None)
        return NoAnswer(f"the file cannot be read: {error}")
    return Told(str(row[0]) if row else None)


def _postgres(url: str, query: str) -> Response:
    psycopg: Any = importlib.import_module("psycopg")
    try:
        with psycopg.connect(
            url,
            connect_timeout=CONNECT_TIMEOUT,
            autocommit=True,
            application_name="melotech doctor",
        ) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.Error as error:
        return _failure(error)
    value = row[0] if row else None
    return Told(None if value is None else str(value))


def _failure(error: Any) -> Response:
    code = str(error.sqlstate or "")
    if code in _NO_TABLE:
        return Told(None)
    # What a failed connection says may hold an address and a user; only its class and
    # what is never a secret is told.
    text = str(error)
    if code.startswith(_LOGIN) or "authentication failed" in text:
        return NoAnswer("the login is refused")
    for words in ("Connection refused", "timeout", "resolve", "does not exist"):
        if words in text:
            return NoAnswer(f"the connection fails ({words})")
    return NoAnswer(f"it cannot be asked ({code or type(error).__name__})")
