"""The whole system with its dashboard, and scenarios that a browser plays in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.dashboard import building, currency, node
from devstack.stack import dotenv
from tests.plugins.chromium import chromium
from tests.plugins.node import DASHBOARD, need_node, run_script
from tests.plugins.stack import Stack, stacks

SCENARIO_DEADLINE = 240.0

Play = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard as it is now, built; what `make dashboard` left serves as well."""
    need_node()
    if currency.is_built(DASHBOARD):
        # A copy: somebody may build meanwhile.
        return shutil.copytree(
            DASHBOARD / "dist", tmp_path_factory.mktemp("p") / "dist"
        )
    shared = _folder_of_the_run(tmp_path_factory)
    folder = shared / "pages"
    with (shared / "pages.lock").open("w") as lock:
        # The first worker builds, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "index.html").exists():
            words = (*building.BUILD, "--outDir", str(folder), "--emptyOutDir")
            node.run(DASHBOARD, words, timeout=building.BUILD_DEADLINE)
    return folder


def _folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this run have, and no other run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="module")
def running(
    pages: Path,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """One system for all scenarios of a module: each changes rows of its own.

    The module's ENVIRON, where it has one, is part of the system's environment.
    """
    chromium()
    environ = getattr(request.module, "ENVIRON", {})
    with stacks(tmp_path_factory.mktemp("stack")) as make:
        stack = make(DASHBOARD_ROOT=str(pages), MAIL_SETTLE_SECONDS="0", **environ)
        stack.up()
        yield stack


@pytest.fixture
def play(running: Stack) -> Play:
    """Play a scenario of this folder, by its name, and return what it tells."""

    def run(name: str, *words: str, **environ: str) -> dict[str, Any]:
        written = dotenv.read(running.root / ".env")
        told = run_script(
            Path(__file__).with_name(f"{name}.mjs"),
            *words,
            timeout=SCENARIO_DEADLINE,
            CHROMIUM=chromium(),
            EDGE_URL=f"http://localhost:{running.environ['EDGE_PORT']}",
            SUPABASE_URL=f"http://{running.environ['SUPABASE_STANDIN_BIND']}",
            MAILGUN_URL=f"http://{running.environ['MAILGUN_STANDIN_BIND']}",
            SERVICE_KEY=written["SUPABASE_SERVICE_ROLE_KEY"],
            **environ,
        )
        result: dict[str, Any] = json.loads(told.splitlines()[-1])
        return result

    return run
