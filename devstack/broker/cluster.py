"""A private RabbitMQ of several nodes on this machine, each in a process of its own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.broker.configuration import ClusterPlan
from devstack.broker.inquiry import Members, members_of_queues, running_nodes
from devstack.broker.mapper import PortMapper
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port

NAMES = ("ada", "bob", "cleo", "dan", "eve")
#: Between two looks at the cluster, in seconds; each asks a node.
PAUSE = 0.2


class PrivateCluster:
    """Nodes that share one user, with their data in folders inside of `folder`.

    Each of `nodes` is started, stopped, killed and paused as a broker by itself is. Use
    it from a thread that outlives it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        size: int = 3,
        also: Mapping[str, list[dict[str, object]]] | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._mapper = PortMapper(self._folder, free_port())
        names = tuple(f"{name}@localhost" for name in NAMES[:size])
        plan = ClusterPlan(nodes=names, cookie=secrets.token_hex(16))
        password = secrets.token_urlsafe(18)
        self.nodes = tuple(
            PrivateBroker(
                self._folder / name.partition("@")[0],
                password=password,
                also=also,
                node=name,
                cluster=plan,
                mapper=self._mapper,
            )
            for name in names
        )

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the AMQP address of each node."""
        return tuple(node.url for node in self.nodes)

    @property
    def url(self) -> str:
        """Return all addresses as the services take them: with commas between."""
        return ",".join(self.urls)

    def start(self, timeout: float = 180) -> None:
        """Start all nodes, and return when they are one cluster that takes clients.

        Also after `stop` and `kill`. Raises RuntimeError after `timeout` seconds.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "mapper.log").open("ab") as output:
            self._mapper.start(output)
        try:
            # At once: after a stop of all each waits for the one that ended last.
            self.start_nodes(self.nodes, timeout)
        except BaseException:
            self.kill()
            raise

    def start_nodes(self, nodes: Sequence[PrivateBroker], timeout: float = 180) -> None:
        """Start these at once, and return when all that run are one cluster."""
        deadline = time.monotonic() + timeout
        for node in nodes:
            node.begin()
        for node in nodes:
            node.wait_until_open(deadline - time.monotonic())
        self.wait_until_joined(deadline - time.monotonic())

    def wait_until_joined(self, timeout: float = 120) -> None:
        """Wait until each node that runs sees all of the others that do."""
        deadline = time.monotonic() + timeout
        wanted = {node.plan.node for node in self.running}
        while any(running_nodes(node.plan) != wanted for node in self.running):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not a cluster within {timeout} s: {wanted}")
            time.sleep(PAUSE)

    @property
    def running(self) -> tuple[PrivateBroker, ...]:
        """Return the nodes whose processes live, the paused ones too."""
        return tuple(node for node in self.nodes if node.pid is not None)

    def queues(self) -> Mapping[str, Members]:
        """Return who has a copy of each queue and stream, as one node knows it.

        Raises RuntimeError where no node answers; a paused one must be resumed first.
        """
        for node in self.running:
            answer = members_of_queues(node.plan)
            if answer is not None:
                return answer
        raise RuntimeError("no node of the cluster answers")

    def leader_of(self, queue: str) -> PrivateBroker | None:
        """Return the node that leads a queue or stream, None while nobody does."""
        members = self.queues().get(queue)
        if members is None:
            return None
        return next((n for n in self.running if n.plan.node == members.leader), None)

    def wait_until_whole(self, *queues: str, timeout: float = 60) -> None:
        """Wait until each of these queues has a leader and all its copies at work."""
        deadline = time.monotonic() + timeout
        while not all(
            queue in (known := self.queues()) and known[queue].is_whole(len(self.nodes))
            for queue in queues
        ):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not whole within {timeout} s: {known}")
            time.sleep(PAUSE)

    def stop(self) -> None:
        """End all in order and at once; what was confirmed is there after `start`."""
        for node in self.nodes:
            node.resume()
            node.begin_to_stop()
        for node in self.nodes:
            node.stop()
        self._mapper.stop()

    def kill(self) -> None:
        """End all at once, as a loss of power would."""
        for node in self.nodes:
            node.kill()
        self._mapper.stop()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.kill()
