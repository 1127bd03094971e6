"""Run a private RabbitMQ in the foreground: `python -m devstack.broker`.

Reads BROKER_DATA_DIR, BROKER_PORT, BROKER_USER and BROKER_PASSWORD. SIGTERM and SIGINT
stop the node in order; a node that ends by itself makes this exit 1.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from devstack.broker.configuration import BrokerPlan
from devstack.broker.node import BrokerMissing, Node, free_port
from shared import lifecycle


def main() -> None:
    """Run until told to stop."""
    try:
        plan = BrokerPlan(
            folder=Path(os.environ["BROKER_DATA_DIR"]).resolve(),
            amqp_port=int(os.environ["BROKER_PORT"]),
            distribution_port=free_port(),
            epmd_port=free_port(),
            user=os.environ["BROKER_USER"],
            password=os.environ["BROKER_PASSWORD"],
        )
    except (KeyError, ValueError) as error:
        sys.exit(f"devstack.broker: {error} is missing or malformed")
    stop = lifecycle.stop_on_signals()
    node = Node(plan)
    try:
        node.start()
    except BrokerMissing as error:
        sys.exit(f"devstack.broker: {error}")
    while not stop.is_set() and not node.wait(0):
        stop.wait(0.5)
    ended_by_itself = not stop.is_set()
    node.stop()
    sys.exit("devstack.broker: the node ended by itself" if ended_by_itself else 0)


if __name__ == "__main__":
    main()
