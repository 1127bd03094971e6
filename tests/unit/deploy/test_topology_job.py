"""The job that gives a cluster its topology, beside a broker that writes down."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.definitions import layout
from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE, TOPOLOGY

FILE = Path(__file__).parents[3] / "deploy" / "kubernetes" / "base" / "topology.py"
NODES = ["rabbit@0", "rabbit@1", "rabbit@2"]


@pytest.fixture
def topology(monkeypatch):
    spec = importlib.util.spec_from_file_location("topology_job", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAUSE", 0.0)
    return module


@pytest.fixture
def secrets(tmp_path):
    (tmp_path / "rabbitmq_definitions").write_text('{"users": []}')
    (tmp_path / "rabbitmq_topology").write_text(json.dumps(layout()))
    return tmp_path


class Broker:
    """Answers as the management pages do; nodes come in one by one as it is asked."""

    def __init__(self, running: int = 3, members: int | None = None) -> None:
        self.running = running
        self.made = [] if members is None else self._queues(members)
        self.asked: list[tuple[str, str, Any]] = []

    def _queues(self, members: int) -> list[dict[str, Any]]:
        return [
            {
                "name": queue.name,
                "type": queue.arguments["x-queue-type"],
                "members": NODES[:members],
            }
            for queue in TOPOLOGY.queues
        ]

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        self.asked.append((method, path, body))
        if path == "/api/nodes":
            told = [{"name": name, "running": True} for name in NODES[: self.running]]
            self.running = min(self.running + 1, 3)
            return told
        if path == "/api/queues/%2F":
            return self.made
        if path == "/api/definitions" and "queues" in body and not self.made:
            self.made = self._queues(self.running)
        return None

    def posted(self, path: str) -> list[Any]:
        return [
            body for method, at, body in self.asked if (method, at) == ("POST", path)
        ]


def test_node_that_began_by_itself_is_given_nothing(topology):
    def away(method: str, path: str) -> Any:
        raise TimeoutError

    def alone(method: str, path: str) -> Any:
        return [{"name": "rabbit@0", "running": True}]

    def whole(method: str, path: str) -> Any:
        return [{"name": name, "running": name != "rabbit@0"} for name in NODES]

    assert topology.one_of_the_cluster([away, alone, whole], 3) is whole
    assert topology.one_of_the_cluster([alone], 1) is alone


def test_nothing_is_begun_where_no_node_is_in_the_cluster(topology, monkeypatch):
    monkeypatch.setattr(topology, "CLUSTER_DEADLINE", 0.0)

    def alone(method: str, path: str) -> Any:
        return [{"name": "rabbit@0", "running": True}]

    with pytest.raises(SystemExit, match="knows most of 3"):
        topology.one_of_the_cluster([alone], 3)


def test_new_cluster_is_waited_for_until_all_nodes_are_in(topology, secrets):
    broker = Broker(running=1)

    assert topology.main({"NODES": "3"}, secrets, broker) == []

    paths = [path for _, path, _ in broker.asked]
    assert paths[:4] == ["/api/queues/%2F", *["/api/nodes"] * 3]
    users, queues = broker.posted("/api/definitions")
    assert users == {"users": []}
    assert queues == layout()


def test_nothing_is_loaded_where_the_nodes_stay_away(topology, secrets, monkeypatch):
    monkeypatch.setattr(topology, "NODES_DEADLINE", 0.0)
    broker = Broker(running=1)

    with pytest.raises(SystemExit, match="1 nodes of 3 run"):
        topology.main({"NODES": "3"}, secrets, broker)

    assert not broker.posted("/api/definitions")


def test_cluster_that_has_its_queues_is_not_waited_for(topology, secrets):
    broker = Broker(running=2, members=3)

    assert topology.main({"NODES": "3"}, secrets, broker) == []

    assert len(broker.posted("/api/definitions")) == 2


def test_queue_with_too_few_members_gets_more_and_a_streams_command_is_told(
    topology, secrets
):
    broker = Broker(members=2)

    left = topology.main({"NODES": "3"}, secrets, broker)

    grown = broker.posted(f"/api/queues/quorum/%2F/{MAILER_QUEUE}/replicas/add")
    assert grown == [{"node": "rabbit@2"}]
    assert left == [f"rabbitmq-streams add_replica {CHANGE_LOG_STREAM} rabbit@2"]
