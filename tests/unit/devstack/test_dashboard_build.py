"""When the dashboard is built, what of, and what is said where it cannot be."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from devstack.dashboard import building, currency, node

LOCKED = {
    "": {"name": "dashboard"},
    "node_modules/a": {"version": "1.0.0"},
    "node_modules/for-macos": {"version": "2.0.0", "optional": True},
}
#: Stands in for npx: makes what Vite makes, as far as it matters here.
BUILDS = "mkdir -p dist && cp index.html dist/index.html"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dashboard"
    (folder / "src").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    (folder / "package.json").write_text("{}")
    (folder / "index.html").write_text("one")
    (folder / "src" / "main.ts").write_text("two")
    lock = json.dumps({"packages": LOCKED})
    (folder / "package-lock.json").write_text(lock)
    (folder / "node_modules" / ".package-lock.json").write_text(
        json.dumps({"packages": {"node_modules/a": {"version": "1.0.0"}}})
    )
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name, text in {"node": "echo v22.1.0", "npm": "exit 1", "npx": BUILDS}.items():
        program(folder / name, text)
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("present", "same"),
    [
        ({"node_modules/a": {"version": "1.0.0"}}, True),
        ({"node_modules/a": {"version": "1.0.1"}}, False),
        ({}, False),
        (
            {
                "node_modules/a": {"version": "1.0.0"},
                "node_modules/b": {"version": "1.0.0"},
            },
            False,
        ),
    ],
    ids=["all but the optional", "another version", "nothing", "more"],
)
def test_packages_are_those_of_the_lock(
    present: dict[str, dict[str, str]], same: bool
) -> None:
    assert currency.match(LOCKED, present) is same


@pytest.mark.parametrize(
    ("text", "version"),
    [("v20.19.2\n", (20, 19)), ("v9.0.0", (9, 0)), ("", (0, 0)), ("20.1", (0, 0))],
)
def test_nodes_version_is_read(text: str, version: tuple[int, int]) -> None:
    assert node.version_of(text) == version


def test_what_is_built_in_comes_from_no_variable() -> None:
    assert node.plain({"VITE_SUPABASE_URL": "x", "PATH": "y"}) == {"PATH": "y"}


def test_pages_are_built_once_for_each_state_of_the_sources(
    folder: Path, tools: Path
) -> None:
    assert building.build_if_due(folder).startswith("built")
    assert building.build_if_due(folder) == "up to date"

    (folder / "src" / "main.ts").rename(folder / "src" / "other.ts")

    assert building.build_if_due(folder).startswith("built")
    assert (folder / "dist" / "index.html").read_text() == "one"


def test_what_is_made_is_no_source(folder: Path) -> None:
    before = currency.digest_of(folder)
    (folder / "node_modules" / "more").write_text("more")

    assert currency.digest_of(folder) == before


def test_build_that_fails_is_told_and_leaves_what_was_there(
    folder: Path, tools: Path
) -> None:
    building.build(folder)
    (folder / "index.html").write_text("new")
    program(tools / "npx", "echo 'main.ts: no such export' >&2; exit 1")

    told = building.build_if_due(folder)

    assert told.startswith("not built")
    assert "no such export" in told
    assert (folder / "dist" / "index.html").read_text() == "one"


def test_packages_are_installed_before_where_they_are_not_those_of_the_lock(
    folder: Path, tools: Path
) -> None:
    (folder / "node_modules" / ".package-lock.json").unlink()

    assert "npm ci" in building.build_if_due(folder)


@pytest.mark.parametrize("version", ["v18.20.4", "nonsense"])
def test_old_node_is_none(folder: Path, tools: Path, version: str) -> None:
    program(tools / "node", f"echo {version}")

    assert building.build_if_due(folder).startswith("skipped, no Node 20")


def test_build_ends_when_all_is_to_stop(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    started = time.monotonic()

    with pytest.raises(node.Failed, match="did not end"):
        node.run(tmp_path, ["sleep", "60"], timeout=60, stopping=stopping)

    assert time.monotonic() - started < 30
