"""What a request asks for: its query, read strictly, every fault named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from realtime_gateway.api.problems import at_fault

#: No id of ours is longer: an event's is at most so long, and a submission's too.
MAX_LENGTH = 200
#: Text without control characters or halves of a character: a database takes it.
PLAIN = rf"^[^\x00-\x1f\x7f\ud800-\udfff]{{1,{MAX_LENGTH}}}\Z"
MAX_PAGE = 500
DEFAULT_PAGE = 100

_PLAIN = re.compile(PLAIN)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def read(query: Iterable[tuple[str, str]], known: Collection[str]) -> dict[str, str]:
    """Return the parameters by name; raise Problem for unknown and repeated ones."""
    given: dict[str, str] = {}
    for name, value in query:
        if name not in known:
            raise at_fault(name, "is not a parameter of this address")
        if name in given:
            raise at_fault(name, "is given more than once")
        given[name] = value
    return given


def text(given: Mapping[str, str], name: str) -> str | None:
    """Return a parameter as it is, None where it is not given; raise Problem."""
    value = given.get(name)
    if value is None or is_plain(value):
        return value
    raise at_fault(name, f"must be plain text of 1 to {MAX_LENGTH} characters")


def identifier(given: Mapping[str, str], name: str) -> str | None:
    """Return a parameter that is an id; raise Problem."""
    value = text(given, name)
    return None if value is None else canonical(value)


def whole_number(
    given: Mapping[str, str], name: str, *, default: int, at_most: int
) -> int:
    """Return a number between 1 and `at_most`; raise Problem."""
    value = given.get(name)
    if value is None:
        return default
    number = int(value) if _NUMBER.fullmatch(value) else 0
    if not 1 <= number <= at_most:
        raise at_fault(name, f"must be a whole number from 1 to {at_most}")
    return number


def page_size(given: Mapping[str, str]) -> int:
    """Return `limit`; raise Problem."""
    return whole_number(given, "limit", default=DEFAULT_PAGE, at_most=MAX_PAGE)


def choice(given: Mapping[str, str], name: str, of: Collection[str]) -> str | None:
    """Return a parameter that must be one of these; raise Problem."""
    value = given.get(name)
    if value is None or value in of:
        return value
    raise at_fault(name, f"must be one of {', '.join(sorted(of))}")


def is_plain(value: str) -> bool:
    """Tell whether the text may be looked up anywhere."""
    return _PLAIN.match(value) is not None


def canonical(value: str) -> str:
    """Return an id as the database writes it: uuids in lower case."""
    return value.lower() if _UUID.fullmatch(value) else value
