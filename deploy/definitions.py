"""What the broker loads: users and rights at its start, the topology once it runs.

Source: RabbitMQ's documentation of schema definition export and import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.users import USERS, User, beginning_with, exactly
from shared.passwords import password_hash
from shared.topology import TOPOLOGY, Topology

VHOST = "/"

Entry = dict[str, Any]


def logins(
    passwords: Mapping[str, str], topology: Topology = TOPOLOGY
) -> dict[str, list[Entry]]:
    """Return users and their rights; `passwords` are by the users' names."""
    return {
        "users": [_user(user, passwords[user.name]) for user in USERS],
        "vhosts": [{"name": VHOST}],
        "permissions": [_rights(user) for user in USERS],
        "topic_permissions": [_types(user, topology.exchange) for user in USERS],
    }


def layout(topology: Topology = TOPOLOGY) -> dict[str, list[Entry]]:
    """Return exchange, queues and bindings."""
    return {
        "exchanges": [_exchange(topology.exchange)],
        "queues": [
            {
                "name": queue.name,
                "vhost": VHOST,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in topology.queues
        ],
        "bindings": [
            _binding(topology.exchange, queue.name, key)
            for queue in topology.queues
            for key in queue.routing_keys
        ],
    }


def _user(user: User, password: str) -> Entry:
    return {
        "name": user.name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(user.tags),
    }


def _rights(user: User) -> Entry:
    return {
        "user": user.name,
        "vhost": VHOST,
        "configure": exactly(user.configure),
        "write": exactly(user.write),
        "read": exactly(user.read),
    }


def _types(user: User, exchange: str) -> Entry:
    return {
        "user": user.name,
        "vhost": VHOST,
        "exchange": exchange,
        "write": beginning_with(user.types),
        "read": "^$",
    }


def _exchange(name: str) -> Entry:
    return {
        "name": name,
        "vhost": VHOST,
        "type": "topic",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _binding(exchange: str, queue: str, routing_key: str) -> Entry:
    return {
        "source": exchange,
        "vhost": VHOST,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": routing_key,
        "arguments": {},
    }
