"""A cluster keeps what one of its nodes confirmed, whichever of them goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.broker.cluster import PrivateCluster
from devstack.broker.node import server_program
from shared.amqp.publisher import Publisher
from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE, TOPOLOGY
from tests.plugins.broker import unavailable
from tests.plugins.changes import Press, change, read_stream
from tests.plugins.services import until

QUEUES = tuple(queue.name for queue in TOPOLOGY.queues)
NODES = 3


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[PrivateCluster]:
    if server_program() is None:
        unavailable()
    with PrivateCluster(tmp_path / "cluster", size=NODES) as made:
        yield made


def test_every_queue_is_on_all_nodes_and_outlives_the_one_that_led_it(
    cluster: PrivateCluster,
) -> None:
    publisher = Publisher(cluster.url, name="test")
    publisher.start()
    try:
        press = Press(publisher)
        press.wait_ready()
        cluster.wait_until_whole(*QUEUES)
        before = press.publish(*(change() for _ in range(50)))
        leader = cluster.leader_of(CHANGE_LOG_STREAM)
        assert leader is not None

        leader.kill()

        after = press.publish_whatever_happens(*(change() for _ in range(50)))
        known = cluster.queues()
        assert set(known) == set(QUEUES)
        assert all(len(each.members) == NODES for each in known.values())
        until(lambda: cluster.leader_of(MAILER_QUEUE) not in {None, leader})
        [other, _] = cluster.running
        assert read_stream(other.url) == before + after
    finally:
        publisher.close()
