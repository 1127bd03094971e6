"""What the security documents name is there: tests, files, dependencies."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"`((?:[\w-]+/)+[\w-]+(?:\.\w+)?|\w+/Caddyfile)`")


def test_every_test_that_proves_an_answer_is_there():
    named = TEST.findall(SECURITY)

    assert len(named) > 30
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file()
        or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []


def test_every_file_that_gives_an_answer_is_there():
    named = [name for name in FILE.findall(SECURITY) if "." in name]

    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_threat_has_an_answer_and_its_test_or_what_is_left():
    rows = [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in SECURITY.partition("## Threats")[2]
        .partition("## Audits")[0]
        .splitlines()
        if line.startswith("| ") and not line.startswith(("| threat", "| ---"))
    ]

    assert len(rows) > 25
    assert [row[0] for row in rows if len(row) != 4 or not row[1]] == []
    assert [row[0] for row in rows if not (row[2] or row[3])] == []


def test_every_direct_dependency_is_reviewed_and_no_other():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    python = {
        re.split(r"[\[><=;, ]", entry)[0]
        for group in groups["dependency-groups"].values()
        for entry in group
        if isinstance(entry, str)
    }
    package = json.loads((ROOT / "dashboard" / "package.json").read_text("utf-8"))
    npm = {*package["dependencies"], *package["devDependencies"]}
    reviewed = {
        name.strip(" *")
        for line in DEPENDENCIES.partition("## Programs")[0].splitlines()
        if line.startswith("| ") and not line.startswith(("| package", "| ---"))
        for name in line.split("|")[1].split(",")
    }

    assert reviewed == python | npm
