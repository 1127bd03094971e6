"""What is asked of Mailgun's log of events, and how the answer is put.

Source: Mailgun's API, `GET /v3/{domain}/events`: filters by field, a time range, and
pages whose addresses say where they begin.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from devstack.mailgun.happenings import Happening

MAX_LIMIT, DEFAULT_LIMIT = 300, 100
#: A page's number of events before it; more than the log ever has.
MAX_OFFSET = 10_000_000

#: The filters, and the column that each is about.
_FILTERS = {"event": "event", "recipient": "recipient", "message-id": "message_id"}
_TRUE = frozenset({"yes", "true", "1"})


class Unreadable(Exception):
    """Mailgun answers 400 with this sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """SQL conditions with their values, and which of the fitting events to show."""

    conditions: tuple[str, ...]
    values: tuple[str | float, ...]
    parameters: tuple[tuple[str, str], ...]
    ascending: bool
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The events of one page, and how many fit altogether."""

    items: list[Happening]
    total: int


def query_of(parameters: Mapping[str, str]) -> Query:
    """Return what the address's parameters ask for; raise Unreadable.

    `begin` and `end` are RFC 2822 dates or Unix times. Without `ascending` it depends
    on which end the range begins with, as with Mailgun: the later `begin` is, the
    other way it goes; with `begin` alone the oldest come first, else the newest.
    """
    begin, end = _moment(parameters, "begin"), _moment(parameters, "end")
    conditions: list[str] = []
    values: list[str | float] = []
    for name, column in _FILTERS.items():
        if parameters.get(name):
            conditions.append(f"{column} = ?")
            values.append(parameters[name].strip("<>"))
    bounds = [moment for moment in (begin, end) if moment is not None]
    backwards = begin is not None and end is not None and begin > end
    earliest = end if backwards else begin
    latest = begin if backwards else end
    if earliest is not None:
        conditions.append("moment >= ?")
        values.append(earliest)
    if latest is not None:
        conditions.append("moment <= ?")
        values.append(latest)
    asked = parameters.get("ascending")
    forwards = bool(bounds) and begin is not None and not backwards
    return Query(
        conditions=tuple(conditions),
        values=tuple(values),
        parameters=tuple(parameters.items()),
        ascending=asked.lower() in _TRUE if asked else forwards,
        limit=min(_number(parameters, "limit", DEFAULT_LIMIT), MAX_LIMIT),
    )


def query_at(page: str) -> Query:
    """Return what a page's name asks for; raise Unreadable."""
    try:
        padded = page + "=" * (-len(page) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unreadable("the page is unknown") from None
    parameters = dict(parse_qsl(text))
    offset = min(_number(parameters, "offset", 0), MAX_OFFSET)
    parameters.pop("offset", None)
    return replace(query_of(parameters), offset=offset)


def answer(query: Query, page: Page, *, url: str) -> dict[str, Any]:
    """Return the body of an answer; `url` is the endpoint's own address."""

    def at(offset: int) -> str:
        text = urlencode((*query.parameters, ("offset", str(max(0, offset)))))
        return f"{url}/{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"

    paging = {
        "next": at(query.offset + len(page.items)),
        "previous": at(query.offset - query.limit),
        "first": at(0),
        "last": at(page.total - query.limit),
    }
    return {"items": page.items, "paging": paging}


def _moment(parameters: Mapping[str, str], name: str) -> float | None:
    text = parameters.get(name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        raise Unreadable(f"'{name}' is not a time") from None


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unreadable(f"'{name}' is not a number")
    return int(text)
