"""The file `.env`: reading it strictly, and adding to it without changing a line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
PLAIN = re.compile(r"[A-Za-z0-9_.,:;/@%+=<>-]*")


class DotenvError(Exception):
    """A line of the file that is no assignment; the text says where."""


def parse(text: str) -> dict[str, str]:
    """Return the assignments; raise DotenvError, naming the line but not its text.

    Values may stand in single or double quotes; nothing is expanded. An unquoted
    value ends at ` #`.
    """
    values: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = ASSIGNMENT.fullmatch(line)
        value = _value(match[2]) if match else None
        if match is None or value is None:
            raise DotenvError(f"line {number} of .env is not NAME=value")
        values[match[1]] = value
    return values


def line(name: str, value: str) -> str:
    """Return an assignment that `parse`, shells and docker compose read alike."""
    if PLAIN.fullmatch(value) and not set(value) & {";", "<", ">"}:
        return f"{name}={value}"
    if "'" in value or "\n" in value:
        raise ValueError(f"the value of {name} cannot be written to .env")
    return f"{name}='{value}'"


def read(path: Path) -> dict[str, str]:
    """Return the file's assignments, none where there is no file."""
    return parse(path.read_text(encoding="utf-8")) if path.exists() else {}


def append(path: Path, comment: str, values: Mapping[str, str]) -> None:
    """Add assignments at the end; the file is readable by its owner alone."""
    existing = path.read_text(encoding="utf-8") if path.exists() else ""
    gap = "" if not existing else "\n" if existing.endswith("\n") else "\n\n"
    lines = [f"# {comment}", *(line(name, value) for name, value in values.items())]
    _write_private(path, existing + gap + _joined(lines))


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in lines)


def _write_private(path: Path, text: str) -> None:
    # A new file beside it and a rename: a full disk must not cost the old secrets.
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


def _value(text: str) -> str | None:
    quote = text[:1]
    if quote in {"'", '"'}:
        inner, closing, rest = text[1:].partition(quote)
        after = rest.strip()
        return inner if closing and (not after or after.startswith("#")) else None
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()
