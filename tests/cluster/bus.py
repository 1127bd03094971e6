"""Three brokers that are one cluster, behind the interface that the runs break."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from devstack.broker.cluster import PrivateCluster
from devstack.broker.inquiry import evaluate
from devstack.broker.private import PrivateBroker
from shared.topology import CHANGE_LOG_STREAM, TOPOLOGY
from tests.chaos.broker import ALARMS, NO_ALARMS, POLICY, Node
from tests.plugins.senders import until_streams_are_kept

T = TypeVar("T")

QUEUES = tuple(queue.name for queue in TOPOLOGY.queues)
#: RabbitMQ keeps a directory of its quorum queues, and none of its streams.
QUORUM_QUEUES = tuple(name for name in QUEUES if name != CHANGE_LOG_STREAM)


class ClusterNode:
    """One of the nodes; what is started ends with its thread, so that is the bus's."""

    def __init__(self, bus: ClusterBus, broker: PrivateBroker) -> None:
        self._bus = bus
        self.broker = broker
        self.port = broker.plan.amqp_port

    def start(self) -> None:
        """Start it where it does not run, and wait until all that run are one."""
        if self.broker.pid is None:
            self._bus.start_nodes([self])

    def stop(self) -> None:
        """End it in order."""
        self.broker.stop()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.broker.kill()

    def pause(self) -> None:
        """Stop it from running."""
        self.broker.pause()

    def resume(self) -> None:
        """Let it run again, and wait until the others have it back."""
        self.broker.resume()
        self._bus.cluster.wait_until_joined()

    def alarm(self, resource: str) -> None:
        """Have it take no publishes, for want of `memory` or `disk`."""
        self._call(ALARMS[resource])

    def ease(self, resource: str) -> None:
        """End the alarm."""
        self._call(NO_ALARMS[resource])

    def _call(self, what: str) -> None:
        module, function, words = what.split(" ")
        answer = evaluate(self.broker.plan, f"{module}:{function}({words[1:-1]}).")
        assert answer == "ok", answer


class ClusterBus:
    """A bus of three nodes."""

    def __init__(self, folder: Path) -> None:
        self.cluster = PrivateCluster(folder, also={"policies": [POLICY]})
        self._thread = ThreadPoolExecutor(1, "cluster")
        self.members = {
            f"node-{number}": ClusterNode(self, broker)
            for number, broker in enumerate(self.cluster.nodes, start=1)
        }

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Return the nodes by their names."""
        return self.members

    @property
    def urls(self) -> Sequence[str]:
        """Return each node's address."""
        return self.cluster.urls

    def start(self) -> None:
        """Start all nodes, and wait until they are one."""
        self.on_thread(self.cluster.start)

    def start_nodes(self, nodes: Sequence[ClusterNode]) -> None:
        """Start these at once, and wait until all that run are one."""
        brokers = [node.broker for node in nodes]
        self.on_thread(lambda: self.cluster.start_nodes(brokers))

    def settle(self) -> None:
        """Wait until all is on all nodes, and a kill costs none of it."""
        self.cluster.wait_until_whole(*QUEUES)
        for broker in self.cluster.nodes:
            broker.wait_until_kept(*QUORUM_QUEUES)
        until_streams_are_kept()

    def name_of(self, broker: PrivateBroker | None) -> str | None:
        """Return what a node is called here."""
        found = (n for n, each in self.members.items() if each.broker is broker)
        return next(found, None)

    def on_thread(self, do: Callable[[], T]) -> T:
        """Do it on the thread with which the nodes end."""
        return self._thread.submit(do).result()

    def close(self) -> None:
        """End all of it."""
        self.cluster.kill()
        self._thread.shutdown()
