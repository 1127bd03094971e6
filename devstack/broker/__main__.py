"""Run a RabbitMQ in the foreground: `python -m devstack.broker`.

Reads BROKER_KIND (`private` or `container`), BROKER_DATA_DIR, BROKER_PORT, BROKER_USER
and RABBITMQ_PASSWORD. SIGTERM and SIGINT stop the node in order; a node that ends by
itself makes this exit 1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from devstack.broker.configuration import BrokerPlan
from devstack.broker.container import ContainerNode
from devstack.broker.node import BrokerMissing, Node
from devstack.free_port import free_port
from shared import lifecycle


def main() -> None:
    """Run until told to stop."""
    try:
        node = _node(os.environ)
    except (KeyError, ValueError) as error:
        sys.exit(f"devstack.broker: {error} is missing or malformed")
    stop = lifecycle.stop_on_signals()
    try:
        node.start()
    except (BrokerMissing, RuntimeError) as error:
        node.stop()
        sys.exit(f"devstack.broker: {error}")
    while not stop.is_set() and not node.wait(0):
        stop.wait(0.5)
    ended_by_itself = not stop.is_set()
    node.stop()
    sys.exit("devstack.broker: the node ended by itself" if ended_by_itself else 0)


def _node(environ: Mapping[str, str]) -> Node | ContainerNode:
    folder = Path(environ["BROKER_DATA_DIR"]).resolve()
    port = int(environ["BROKER_PORT"])
    user, password = environ["BROKER_USER"], environ["RABBITMQ_PASSWORD"]
    if environ.get("BROKER_KIND") == "container":
        return ContainerNode(folder, port=port, user=user, password=password)
    return Node(
        BrokerPlan(
            folder=folder,
            amqp_port=port,
            distribution_port=free_port(),
            epmd_port=free_port(),
            user=user,
            password=password,
        )
    )


if __name__ == "__main__":
    main()
