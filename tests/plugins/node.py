"""Node and the dashboard's packages: finding them, and running a script to its end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from devstack.dashboard import node
from tests.plugins.services import ROOT

DASHBOARD = ROOT / "dashboard"


def need_node() -> None:
    """Skip the test where there is no Node or no package, but not in CI."""
    missing = None
    if not node.is_here():
        missing = node.ADVICE
    elif not (DASHBOARD / "node_modules" / ".package-lock.json").exists():
        missing = "the dashboard's packages are not installed (make dashboard-check)"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


def run_script(script: Path, *words: str, timeout: float = 60, **environ: str) -> str:
    """Return what a script prints; fail with what it complains of.

    DASHBOARD leads it to the packages.
    """
    need_node()
    done = subprocess.run(
        ["node", str(script), *words],
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "DASHBOARD": str(DASHBOARD),
            **environ,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
