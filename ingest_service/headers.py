"""The headers of a request as the server has them, looked up by lower-case name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, overload

T = TypeVar("T")

#: WSGI names these two without the prefix of all others (PEP 3333).
_BARE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Headers(Mapping[str, str]):
    """A view of a WSGI environment; nothing is copied for the few that are read."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        """Return the value; raise KeyError where the request has no such header."""
        value: str = self._environ[_key(name)]
        return value

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str | T, /) -> str | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        """Return the value, else `default`; most that are asked for are not there."""
        return self._environ.get(_key(name), default)

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].replace("_", "-").lower()
        yield from (name for name, key in _BARE.items() if self._environ.get(key))

    def __len__(self) -> int:
        """Count them."""
        return sum(1 for _ in self)


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return _BARE.get(name) or "HTTP_" + name.upper().replace("-", "_")
