"""The bench of the whole path runs to its end, and nothing is lost on any way."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from devstack.broker.node import server_program
from devstack.postgres import REMEDY, server_binaries
from tests.plugins.broker import unavailable
from tests.plugins.documents import ROOT


def test_changes_go_from_commit_to_every_socket_of_the_room(tmp_path):
    if server_program() is None:
        unavailable()
    if server_binaries() is None:
        pytest.skip(REMEDY)
    file = tmp_path / "samples.json"
    words = ["--quick", "--only", "both", "--json", str(file)]

    run = subprocess.run(
        [sys.executable, "-m", "bench.endtoend", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert run.returncode == 0, run.stderr[-3000:]
    [sample] = json.loads(file.read_text())
    assert (sample["way"], sample["sockets"]) == ("both", 20)
    assert sample["committed_a_second"] > 0
    assert "\nboth" in run.stdout
