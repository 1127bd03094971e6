"""PostgREST's query language, as far as the project uses it: pure, rows in, rows out.

`select=a,b`, `col=eq.x` (neq, gt, gte, lt, lte, in, is; `not.` before any),
`order=col.desc.nullslast`, `limit`, `offset`; on submissions also the embedded
`users(...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

RESERVED = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict"})
_LIST_ITEM = re.compile(r'"([^"]*)"|([^,"]+)')
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
        """Tell whether the row passes; raise QueryError on an unknown column."""
        if self.column not in row:
            raise _no_column(self.column)
        value = row[self.column]
        if value is None and self.operator != "is":
            return False  # comparing with null is neither true nor false
        return _OPERATORS[self.operator](value, self.value) ^ self.negated


@dataclass(frozen=True, slots=True)
class Order:
    """`column.desc.nullsfirst`."""

    column: str
    descending: bool
    nulls_first: bool

    def sort(self, rows: list[Row]) -> None:
        """Sort in place, keeping the order of equals; raise QueryError."""
        if any(self.column not in row for row in rows):
            raise _no_column(self.column)
        rows.sort(key=lambda row: _sortable(row[self.column]), reverse=self.descending)
        rows.sort(key=lambda row: (row[self.column] is None) ^ self.nulls_first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query string."""

    select: tuple[str, ...]
    filters: tuple[Filter, ...]
    order: tuple[Order, ...]
    limit: int | None
    offset: int

    @property
    def ids(self) -> list[str] | None:
        """Return the only ids that can pass, None where every id can."""
        for each in self.filters:
            if each.column == "id" and not each.negated:
                if each.operator == "eq":
                    return [each.value]
                if each.operator == "in":
                    return _listed(each.value)
        return None


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
    """Return the rows that pass, ordered and cut, whole; raise QueryError."""
    found = [row for row in rows if all(f.matches(row) for f in query.filters)]
    for order in reversed(query.order):
        order.sort(found)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def shown(row: Row, query: Query, users: Mapping[str, Row]) -> Row:
    """Return the selected columns; `users` by id serve the embedded form.

    Raises QueryError on an unknown column.
    """
    result: Row = {}
    for column in query.select:
        embedded = _EMBEDDED.fullmatch(column)
        if embedded and embedded[1] == "users":
            owner = users.get(str(row.get("userid")))
            names = _columns(embedded[2])
            result["users"] = owner and _picked(owner, names)
        else:
            result |= _picked(row, [column])
    return result


def _picked(row: Row, columns: Iterable[str]) -> Row:
    result: Row = {}
    for column in columns:
        if column != "*" and column not in row:
            raise _no_column(column)
        result |= row if column == "*" else {column: row[column]}
    return result


def _no_column(name: str) -> QueryError:
    return QueryError(400, "42703", f"column {name} does not exist")


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
    if column in UUID_COLUMNS and operator != "is":
        _check_uuids(_listed(value) if operator == "in" else [value])
    return Filter(column, operator, value, negated)


def _check_uuids(values: Iterable[str]) -> None:
    for value in values:
        if not _UUID.fullmatch(value):
            message = f'invalid input syntax for type uuid: "{value}"'
            raise QueryError(400, "22P02", message)


def _order(text: str) -> Iterable[Order]:
    for part in filter(None, text.split(",")):
        column, *words = part.split(".")
        descending = "desc" in words
        # As in Postgres: nulls are greater than everything, unless said otherwise.
        nulls_first = "nullsfirst" in words or (descending and "nullslast" not in words)
        yield Order(column, descending, nulls_first)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise QueryError(400, "22P02", f'invalid input syntax for integer: "{text}"')
    return int(text[:9])


def _sortable(value: Any) -> tuple[float, str]:
    if isinstance(value, int | float):
        return value, ""
    return 0, "" if value is None else str(value)


def _listed(text: str) -> list[str]:
    # A value with a comma in it comes in double quotes.
    found = _LIST_ITEM.findall(text.removeprefix("(").removesuffix(")"))
    return [quoted or plain.strip() for quoted, plain in found]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def run(value: Any, text: str) -> bool:
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
    "in": lambda value, text: _text(value) in _listed(text),
    "is": lambda value, text: value is None if text == "null" else _text(value) == text,
}
