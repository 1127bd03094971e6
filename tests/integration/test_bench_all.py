"""The bench of the whole path runs to its end, and nothing is lost on any way."""

from __future__ import annotations

import json

from bench.programs import run_to_end
from devstack.broker.node import server_program
from tests.plugins.broker import unavailable
from tests.plugins.postgres import need_postgres


def test_changes_go_from_commit_to_every_socket_of_the_room(tmp_path):
    if server_program() is None:
        unavailable()
    need_postgres()
    file = tmp_path / "samples.json"
    words = ["--quick", "--only", "both", "--json", str(file)]

    assert run_to_end(["bench.endtoend", *words], timeout=100) == 0
    [sample] = json.loads(file.read_text())
    assert (sample["way"], sample["sockets"]) == ("both", 20)
    assert sample["committed_a_second"] > 0
