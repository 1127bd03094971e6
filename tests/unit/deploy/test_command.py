"""`python3 -m deploy` on a server that has Python and no package beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy import __main__ as command
from deploy import keys
from deploy.nodes import in_kubernetes

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


def test_small_cluster_stays_small_when_a_secret_is_given_later(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(command, "end_in_order", lambda: None)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    for name in keys.ISSUED:
        monkeypatch.setenv(name.upper(), "given")
    folder = tmp_path / "site"
    words = ["secrets", "--kubernetes", str(folder)]
    assert command.main([*words, "--nodes", "1"]) == 0
    monkeypatch.setenv("MAILGUN_API_KEY", "another")

    assert command.main(words) == 0

    assert keys.nodes_in(folder) == in_kubernetes(1)
    assert (folder / "mailgun_api_key").read_text() == "another"
