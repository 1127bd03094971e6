"""PostgREST's query language, as far as the project uses it: pure, rows in, rows out.

`select=a,b`, `col=eq.x` (neq, gt, gte, lt, lte, in, is), `order=col.desc`,
`limit`, `offset`; on submissions also the embedded `users(...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

RESERVED = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict"})
_EMBEDDED = re.compile(r"(\w+)\(([^)]*)\)")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
UUID_COLUMNS = frozenset({"id", "userid", "authid"})


@dataclass
class QueryError(Exception):
    """The request cannot be carried out: HTTP status, PostgREST's code and text."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Filter:
    """`column=operator.value`, `not.` before it turns it round."""

    column: str
    operator: str
    value: str
    negated: bool = False

    def matches(self, row: Row) -> bool:
        """Tell whether the row passes."""
        return _OPERATORS[self.operator](row.get(self.column), self.value) ^ (
            self.negated
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query string."""

    select: tuple[str, ...]
    filters: tuple[Filter, ...]
    order: tuple[tuple[str, bool], ...]
    limit: int | None
    offset: int


def parse(params: Sequence[tuple[str, str]]) -> Query:
    """Return the query; raise QueryError."""
    given = dict(params)
    return Query(
        select=tuple(_columns(given.get("select", "*"))),
        filters=tuple(
            _filter(name, value) for name, value in params if name not in RESERVED
        ),
        order=tuple(_order(given.get("order", ""))),
        limit=_number(given.get("limit")),
        offset=_number(given.get("offset")) or 0,
    )


def chosen(rows: Iterable[Row], query: Query) -> list[Row]:
    """Return the rows that pass, ordered and cut, with all their columns."""
    found = [row for row in rows if all(f.matches(row) for f in query.filters)]
    for column, descending in reversed(query.order):
        found.sort(key=lambda row: _sortable(row.get(column)), reverse=descending)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def shown(row: Row, query: Query, users: Mapping[str, Row]) -> Row:
    """Return the selected columns; `users` by id serve the embedded form."""
    result: Row = {}
    for column in query.select:
        embedded = _EMBEDDED.fullmatch(column)
        if column == "*":
            result |= row
        elif embedded and embedded[1] == "users":
            owner = users.get(str(row.get("userid")))
            names = _columns(embedded[2])
            result["users"] = owner and {name: owner.get(name) for name in names}
        elif column in row:
            result[column] = row[column]
        else:
            raise QueryError(400, "42703", f"column {column} does not exist")
    return result


def _columns(text: str) -> list[str]:
    # Split at commas outside parentheses.
    parts = re.findall(r"[^,(]+(?:\([^)]*\))?", text)
    return [part.strip() for part in parts if part.strip()] or ["*"]


def _filter(column: str, text: str) -> Filter:
    negated = text.startswith("not.")
    operator, dot, value = text.removeprefix("not.").partition(".")
    if not dot or operator not in _OPERATORS:
        message = f'"failed to parse filter ({text})"'
        raise QueryError(400, "PGRST100", message)
    if column in UUID_COLUMNS and operator == "eq" and not _UUID.fullmatch(value):
        message = f'invalid input syntax for type uuid: "{value}"'
        raise QueryError(400, "22P02", message)
    return Filter(column, operator, value, negated)


def _order(text: str) -> Iterable[tuple[str, bool]]:
    for part in filter(None, text.split(",")):
        column, *words = part.split(".")
        yield column, "desc" in words


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise QueryError(400, "22P02", f'invalid input syntax for integer: "{text}"')
    return int(text[:9])


def _sortable(value: Any) -> tuple[bool, float, str]:
    number = value if isinstance(value, int | float) else 0
    return value is None, number, "" if value is None else str(value)


def _listed(text: str) -> list[str]:
    return [part.strip().strip('"') for part in text.strip("()").split(",")]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def run(value: Any, text: str) -> bool:
        if value is None:
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return compare(value, float(text))
            except ValueError:
                return False
        return compare(_text(value), text)

    return run


_OPERATORS: dict[str, Callable[[Any, str], bool]] = {
    "eq": _compared(lambda a, b: a == b),
    "neq": _compared(lambda a, b: a != b),
    "gt": _compared(lambda a, b: a > b),
    "gte": _compared(lambda a, b: a >= b),
    "lt": _compared(lambda a, b: a < b),
    "lte": _compared(lambda a, b: a <= b),
    "in": lambda value, text: value is not None and _text(value) in _listed(text),
    "is": lambda value, text: value is None if text == "null" else _text(value) == text,
}
