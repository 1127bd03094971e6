"""The broker's addresses: one login, and as many nodes as there are."""

from __future__ import annotations

from urllib.parse import urlsplit

from deploy.plans import CLUSTER, ONE

PORT = 5672


def in_containers(count: int) -> tuple[str, ...]:
    """Return the names of the nodes in the compose files; `count` is 1 or 3."""
    return CLUSTER.brokers if count == len(CLUSTER.brokers) else ONE.brokers


def in_kubernetes(count: int) -> tuple[str, ...]:
    """Return the names that the cluster operator gives the nodes of `rabbitmq`."""
    return tuple(f"rabbitmq-server-{n}.rabbitmq-nodes" for n in range(count))


def address_of(user: str, password: str, nodes: tuple[str, ...]) -> str:
    """Return what RABBITMQ_URL is for a user: complete addresses, commas between."""
    return ",".join(f"amqp://{user}:{password}@{node}:{PORT}/%2F" for node in nodes)


def nodes_of(address: str) -> tuple[str, ...]:
    """Return the names of the nodes in an address."""
    hosts = (urlsplit(each).hostname for each in address.split(","))
    return tuple(host for host in hosts if host)


def password_of(address: str) -> str:
    """Return the password, which is the same for all nodes."""
    return urlsplit(address.partition(",")[0]).password or ""
