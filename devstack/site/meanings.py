"""What a settings class says of its variables, in the `#:` lines above each field.

A last paragraph that begins with `Default:` says in words what the default is, where
the code finds it out. Plain `#` lines are for readers of the code alone.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass

from shared.settings import Settings

_FIELD = re.compile(r"    ([a-z]\w*): ")
_MEANING = re.compile(r"    #: ?(.*)")
_DEFAULT = "Default:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """One variable in Markdown; `default` is empty where the value itself says it."""

    text: str
    default: str = ""


def meanings(settings: type[Settings]) -> dict[str, Meaning]:
    """Return the meaning of each field that the class itself defines and explains."""
    found: dict[str, Meaning] = {}
    lines: list[str] = []
    for line in textwrap.dedent(inspect.getsource(settings)).splitlines():
        if said := _MEANING.fullmatch(line):
            lines.append(said[1])
        elif not line.startswith("    #"):
            if lines and (field := _FIELD.match(line)):
                found[field[1]] = _meaning(lines)
            lines = []
    return found


def _meaning(lines: list[str]) -> Meaning:
    start = next((n for n, x in enumerate(lines) if x.startswith(_DEFAULT)), len(lines))
    default = " ".join(lines[start:]).removeprefix(_DEFAULT).strip()
    return Meaning(text=" ".join(lines[:start]).strip(), default=default)
