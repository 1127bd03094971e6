"""The broker's nodes: the addresses of one cluster, taken in turn until one answers."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import pika

#: In seconds; the broker sends one twice in this time (`shared.amqp.silence`).
HEARTBEAT = 10
#: TCP, TLS and AMQP handshakes together, in seconds.
CONNECT_DEADLINE = 10
#: The same while there are others to ask: a node that hangs must not hold us up. Each
#: round without an answer doubles it, since all of them may be slow.
FIRST_DEADLINE = 2.5

#: A comma alone may be part of a password.
_BETWEEN = re.compile(r"\s*,\s*(?=amqps?://)")


def addresses_of(url: str) -> tuple[str, ...]:
    """Return the addresses of what RABBITMQ_URL holds: one for each node, with commas.

    Each is complete: `amqp://user:password@host:5672/vhost`.
    """
    return tuple(_BETWEEN.split(url.strip()))


def is_usable(url: str) -> bool:
    """Tell whether pika can make sense of an address."""
    try:
        pika.URLParameters(url)
    except Exception:  # noqa: BLE001 # it raises whatever its parsing trips over
        return False
    return True


def parameters_of(url: str, *, name: str) -> pika.URLParameters:
    """Return how to connect to one node; the broker shows the connection by `name`."""
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": name}
    parameters.heartbeat = HEARTBEAT
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = CONNECT_DEADLINE
    parameters.blocked_connection_timeout = None
    return parameters


def shuffled(url: str) -> list[str]:
    """Return the addresses in random order, so that clients spread over the nodes."""
    addresses = list(addresses_of(url))
    random.shuffle(addresses)  # nosec B311 # spreads load, hides nothing
    return addresses


def deadline_of(attempt: int, *, nodes: int) -> float:
    """Return how many seconds the attempt may take; they are counted from 0."""
    if nodes == 1:
        return CONNECT_DEADLINE
    round_number = min(attempt // nodes, 8)
    return min(float(CONNECT_DEADLINE), FIRST_DEADLINE * (1 << round_number))


class Turns:
    """Whose turn it is: the node that answered last, then each of the others."""

    def __init__(self, addresses: Sequence[str], *, name: str) -> None:
        self._nodes: list[Any] = [parameters_of(one, name=name) for one in addresses]
        self._place = 0
        self._attempt = 0

    @property
    def several(self) -> bool:
        """Tell whether there is another node to go to."""
        return len(self._nodes) > 1

    @property
    def address(self) -> str:
        """Return host and port of the node whose turn it is."""
        return f"{self._nodes[self._place].host}:{self._nodes[self._place].port}"

    def parameters(self) -> Any:
        """Return how to connect to the node whose turn it is."""
        node = self._nodes[self._place]
        deadline = deadline_of(self._attempt, nodes=len(self._nodes))
        node.socket_timeout = node.stack_timeout = deadline
        return node

    def answered(self) -> None:
        """Stay with this node; from now on attempts are counted anew."""
        self._attempt = 0

    def left(self) -> None:
        """Go on to the next node."""
        self._attempt += 1
        self._place = (self._place + 1) % len(self._nodes)
