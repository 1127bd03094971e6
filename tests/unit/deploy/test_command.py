"""`python3 -m deploy` on a server that has Python and no package beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_command_needs_nothing_but_the_standard_library() -> None:
    # -S: without the environment's packages.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "deploy", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for verb in ("secrets", "backup", "restore", "update"):
        assert verb in done.stdout
