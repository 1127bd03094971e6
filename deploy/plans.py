"""What there is to run: on one broker, or on the three nodes of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The compose files, and their services by what is to be done with them.

    `brokers` are the nodes, the first one first. `databases` stand still with them
    while they are packed. `rolling` are made anew one after the other, in this order.
    `marks` are volumes that no other plan has.
    """

    files: tuple[Path, ...]
    brokers: tuple[str, ...]
    rolling: tuple[str, ...]
    databases: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def stores(self) -> tuple[str, ...]:
        """Return whose files are consistent only while they stand still."""
        return (*self.brokers, *self.databases)

    @property
    def writers(self) -> tuple[str, ...]:
        """Return whoever has a file of a volume open."""
        return ("edge", *self.rolling, *self.stores)


ONE = Plan(
    files=(FOLDER / "compose.production.yml",),
    brokers=("rabbitmq",),
    rolling=(
        "mailer_worker",
        "outbox_relay",
        "gateway_1",
        "gateway_2",
        "ingest_1",
        "ingest_2",
    ),
)
CLUSTER = Plan(
    files=(*ONE.files, FOLDER / "compose.cluster.yml"),
    brokers=("rabbitmq", "rabbitmq_2", "rabbitmq_3"),
    rolling=(
        "mailer_worker",
        "mailer_worker_2",
        "outbox_relay",
        "gateway_1",
        "gateway_2",
        "gateway_3",
        "ingest_1",
        "ingest_2",
    ),
    databases=("postgres",),
    marks=("rabbitmq_2", "rabbitmq_3", "postgres"),
)


def plan_of(nodes: Sequence[str]) -> Plan:
    """Return the plan for the broker's nodes that the services are told of."""
    return CLUSTER if tuple(nodes) == CLUSTER.brokers else ONE
