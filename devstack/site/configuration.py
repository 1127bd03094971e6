"""docs/configuration.md, made of a template and of what the settings classes say.

    python -m devstack.site.configuration            writes it (make configuration)
    python -m devstack.site.configuration --check    says whether it is up to date

In the template `{{ package.module.Class }}` stands for a table of the class's own
fields; names with `+` between them share one. With `from field` the table begins with
that field, and ends before the next such table of the class.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from devstack.site.meanings import Meaning, meanings
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).with_name("configuration.template.md")
PAGE = ROOT / "docs" / "configuration.md"

_PLACE = re.compile(
    r"^\{\{ ([\w.]+(?: \+ [\w.]+)*)(?: from (\w+))? \}\}$", re.MULTILINE
)
_HEAD = "| variable | default | takes | meaning |\n| --- | --- | --- | --- |"
_NOTE = (
    "<!-- Made by `make configuration` of the settings classes and of"
    " devstack/site/configuration.template.md: change those. -->\n"
)
_KINDS = {int: "whole number", float: "number", Path: "path"}


class Incomplete(Exception):
    """A variable has no meaning, or a class no place in the template."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """One row of a table."""

    field: str
    info: FieldInfo
    meaning: Meaning

    def row(self) -> str:
        """Return the row as Markdown."""
        cells = (
            f"`{self.field.upper()}`",
            self.meaning.default or _default(self.info),
            _takes(self.info),
            self.meaning.text.removesuffix("."),
        )
        return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


def classes(template: str) -> set[str]:
    """Return the dotted names of all classes that the template has a table of."""
    return {name for place in _PLACE.finditer(template) for name in _names(place)}


def page(template: str) -> str:
    """Return the page; raise Incomplete where a variable has no meaning."""
    starts = [(place[1], place[2]) for place in _PLACE.finditer(template) if place[2]]

    def table(place: re.Match[str]) -> str:
        rows = [row for name in _names(place) for row in variables(load(name))]
        own = [start for names, start in starts if names == place[1]]
        return "\n".join([_HEAD, *(row.row() for row in _part(rows, place[2], own))])

    return _NOTE + "\n" + _PLACE.sub(table, template)


def variables(settings: type[Settings]) -> list[Variable]:
    """Return the variables that the class itself defines, in its order."""
    said = meanings(settings)
    own = [name for name in settings.model_fields if name in settings.__annotations__]
    if silent := [name.upper() for name in own if name not in said]:
        raise Incomplete(
            f"{settings.__module__}.{settings.__name__}: write a `#:` line above"
            f" {', '.join(silent)}, saying what it means"
        )
    return [
        Variable(field=name, info=settings.model_fields[name], meaning=said[name])
        for name in own
    ]


def _part(
    rows: Sequence[Variable], start: str | None, starts: Sequence[str]
) -> Iterator[Variable]:
    # Without a start it is what stands before the first that has one.
    inside = start is None
    for row in rows:
        if row.field in starts:
            inside = row.field == start
        if inside:
            yield row


def _names(place: re.Match[str]) -> list[str]:
    return place[1].split(" + ")


def load(name: str) -> type[Settings]:
    module, _, kind = name.rpartition(".")
    found: type[Settings] = getattr(importlib.import_module(module), kind)
    return found


def _default(info: FieldInfo) -> str:
    value: Any = info.default
    if info.is_required():
        return "required"
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{value}`"


def _takes(info: FieldInfo) -> str:
    kinds = set(_parts(info.annotation))
    if bool in kinds:
        return "`0` or `1`"
    if SecretStr in kinds:
        return "secrets" if tuple in kinds else "secret"
    word = next((word for kind, word in _KINDS.items() if kind in kinds), "text")
    if tuple in kinds:
        word = "list"
    return " ".join(filter(None, [word, _bounds(info)]))


def _parts(annotation: Any) -> Iterator[Any]:
    yield getattr(annotation, "__origin__", annotation)
    for part in get_args(annotation):
        yield from _parts(part)


def _bounds(info: FieldInfo) -> str:
    limits = {
        name: f"{getattr(each, name):,}"
        for each in info.metadata
        for name in ("gt", "ge", "lt", "le")
        if isinstance(getattr(each, name, None), int | float)
    }
    if {"ge", "le"} <= limits.keys():
        return f"from {limits['ge']} to {limits['le']}"
    words = {"gt": "above", "ge": "from", "lt": "below", "le": "up to"}
    return ", ".join(f"{words[name]} {value}" for name, value in limits.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check say whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m devstack.site.configuration")
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args(arguments)
    try:
        made = page(TEMPLATE.read_text(encoding="utf-8"))
    except Incomplete as error:
        print(error, file=sys.stderr)
        return 1
    if not chosen.check:
        PAGE.write_text(made, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != made:
        print("docs/configuration.md is stale: run `make configuration`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
