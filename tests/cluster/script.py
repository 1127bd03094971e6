"""What is done to the cluster, one after the other; each leaves it whole again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from devstack.broker.inquiry import evaluate
from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE
from tests.chaos.faults.fault import Fault
from tests.chaos.plan import Kind, Step
from tests.chaos.world import World
from tests.cluster.bus import QUEUES, ClusterBus, ClusterNode

FAMILY = "cluster"
#: After each, under load: whatever it broke must come to light beside nothing else.
CALM = 3.0
WHOLE_DEADLINE = 150.0
CONNECTIONS = "length(rabbit_networking:local_connections())."

Choose = Callable[[ClusterBus], Sequence[ClusterNode]]


class Nodes:
    """A fault of nodes that are chosen when it begins."""

    def __init__(
        self,
        bus: ClusterBus,
        choose: Choose,
        *,
        how: Callable[[ClusterNode], None] = ClusterNode.kill,
        services: Sequence[str] = (),
    ) -> None:
        self._bus = bus
        self._choose = choose
        self._how = how
        self._services = services
        self._chosen: Sequence[ClusterNode] = ()

    def begin(self, world: World, step: Step) -> None:
        """Break the nodes, and kill the services while they are away."""
        self._chosen = self._choose(self._bus)
        names = [self._bus.name_of(node.broker) or "" for node in self._chosen]
        world.timeline.note(f"{step.kind}: {', '.join(names)}")
        for node in self._chosen:
            self._how(node)
        for name in self._services:
            world.services[name].kill()
            world.start(name)

    def end(self, world: World, step: Step) -> None:
        """Heal the nodes, and wait until every queue has all its copies at work."""
        if self._how is ClusterNode.pause:
            for node in self._chosen:
                node.resume()
        else:
            self._bus.start_nodes(self._chosen)
        heal(self._bus)


class InTurn:
    """All nodes restarted one by one, as a new version is brought in."""

    def __init__(self, bus: ClusterBus) -> None:
        self._bus = bus

    def begin(self, world: World, step: Step) -> None:
        """Restart each, and go on when every queue is whole."""
        for name, node in self._bus.members.items():
            world.timeline.note(f"{step.kind}: {name}")
            node.stop()
            node.start()
            self._bus.cluster.wait_until_whole(*QUEUES, timeout=WHOLE_DEADLINE)

    def end(self, world: World, step: Step) -> None:
        """Give it its calm."""
        heal(self._bus)


def heal(bus: ClusterBus) -> None:
    """Wait until all is whole, and a while longer."""
    bus.cluster.wait_until_whole(*QUEUES, timeout=WHOLE_DEADLINE)
    time.sleep(CALM)


def faults(world: World, bus: ClusterBus) -> Sequence[Fault]:
    """Return all that is done, in its order."""

    def fault(name: str, doing: Nodes | InTurn, seconds: float = 0.0) -> Fault:
        kind = Kind(
            name=name,
            family=FAMILY,
            targets=("the cluster",),
            seconds=(seconds, seconds),
            holds=("brokers",),
        )
        return Fault(kind=kind, begin=doing.begin, end=doing.end)

    def killed(choose: Choose, *services: str) -> Nodes:
        return Nodes(bus, choose, services=services)

    some = (world.ingests[-1], world.gateways[-1], "mailer-1")
    return [
        fault("kill -9 a follower", killed(follower), 3),
        fault("kill -9 the leader of the mailer's queue", killed(mail_leader), 3),
        fault("kill -9 the leader of the stream", killed(stream_leader), 3),
        fault("kill -9 the node of most clients", killed(busiest), 3),
        fault("kill -9 a node, and services", killed(stream_leader, *some), 6),
        fault("kill -9 two nodes", killed(majority), 6),
        fault("restart all", Nodes(bus, everyone, how=ClusterNode.stop), 3),
        fault("kill -9 all", killed(everyone), 3),
        fault(
            "stop the mail leader from running",
            Nodes(bus, mail_leader, how=ClusterNode.pause),
            30,
        ),
        fault("restart in turn", InTurn(bus)),
    ]


def in_order(kinds: Sequence[Kind]) -> list[Step]:
    """Return one step of each kind; what they hold keeps them in their order."""
    return [
        Step(
            at=number * 0.1,
            kind=kind.name,
            family=kind.family,
            target=kind.targets[0],
            seconds=kind.seconds[0],
            holds=kind.holds,
        )
        for number, kind in enumerate(kinds)
    ]


def mail_leader(bus: ClusterBus) -> list[ClusterNode]:
    """Return the node that leads the mailer's queue."""
    return _leader(bus, MAILER_QUEUE)


def stream_leader(bus: ClusterBus) -> list[ClusterNode]:
    """Return the node that leads the stream."""
    return _leader(bus, CHANGE_LOG_STREAM)


def follower(bus: ClusterBus) -> list[ClusterNode]:
    """Return a node that leads neither of them, or not the mailer's queue at least."""
    leaders = [*mail_leader(bus), *stream_leader(bus)]
    others = [each for each in bus.members.values() if each not in leaders]
    return others[:1] or leaders[1:]


def majority(bus: ClusterBus) -> list[ClusterNode]:
    """Return two nodes, the mailer's leader among them."""
    return [*mail_leader(bus), *follower(bus)]


def everyone(bus: ClusterBus) -> list[ClusterNode]:
    """Return all nodes."""
    return list(bus.members.values())


def busiest(bus: ClusterBus) -> list[ClusterNode]:
    """Return the node to which most clients are connected."""
    nodes = bus.members.values()
    return [max(nodes, key=lambda n: int(evaluate(n.broker.plan, CONNECTIONS) or 0))]


def _leader(bus: ClusterBus, queue: str) -> list[ClusterNode]:
    name = bus.name_of(bus.cluster.leader_of(queue))
    assert name is not None, f"nobody leads {queue}"
    return [bus.members[name]]
