"""What commands and names the project has: targets, services, options, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devstack.site.configuration import TEMPLATE, classes, load
from tests.plugins.documents import ROOT

OURS = (
    "bench", "deploy", "devstack", "ingest_service", "mailer_worker",
    "realtime_gateway", "shared",
)  # fmt: skip


class Unknown(Exception):
    """A command names what the project does not have."""


@cache
def makefile() -> str:
    """Return the text of the Makefile."""
    return (ROOT / "Makefile").read_text("utf-8")


@cache
def make_targets() -> frozenset[str]:
    """Return the names of all targets."""
    return frozenset(re.findall(r"^([a-z][\w-]*):", makefile(), re.MULTILINE))


@cache
def compose(file: str) -> dict[str, Any]:
    """Return a compose file; raise Unknown where there is none."""
    if not (ROOT / file).is_file():
        raise Unknown(f"there is no {file}")
    document: dict[str, Any] = yaml.safe_load((ROOT / file).read_text("utf-8"))
    return document


def profiles(*files: str) -> set[str]:
    """Return the profiles of the services in compose files."""
    services = [each for file in files for each in compose(file)["services"].values()]
    return {name for service in services for name in service.get("profiles", ())}


@cache
def variables() -> frozenset[str]:
    """Return every name in capitals that code or configuration of the project has."""
    names: set[str] = set()
    for path in _sources():
        names |= set(re.findall(r"[A-Z][A-Z0-9_]+", path.read_text("utf-8")))
    return frozenset(names | {f"{name}_FILE" for name in names} | _settings())


def _sources() -> Iterator[Path]:
    for name in ("Makefile", "docker-compose.yml", ".env.example"):
        yield ROOT / name
    for pattern in ("deploy/**/*", "dashboard/src/lib/*.ts"):
        yield from (p for p in ROOT.glob(pattern) if p.is_file() and _is_source(p))
    for package in OURS:
        yield from (ROOT / package).rglob("*.py")


def _is_source(path: Path) -> bool:
    return path.suffix != ".md" and "__pycache__" not in path.parts


def _settings() -> set[str]:
    loaded = [load(name) for name in classes(TEMPLATE.read_text("utf-8"))]
    names = {field.upper() for each in loaded for field in each.model_fields}
    return names | {f"{name}_FILE" for name in names}


@cache
def options(module: str) -> frozenset[str]:
    """Return the options that a program's sources name to its parser."""
    folder = ROOT.joinpath(*module.split("."))
    files = [*folder.rglob("*.py"), *folder.parent.glob(f"{folder.name}.py")]
    text = "".join(path.read_text("utf-8") for path in files)
    return frozenset({"--help", *re.findall(r"[\"'](--[a-z][\w-]*)[\"'/]", text)})
