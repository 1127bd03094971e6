"""A private RabbitMQ as a context manager: start, stop, kill, pause and the address."""

from __future__ import annotations

import secrets
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pika
import pika.exceptions
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from devstack.broker.configuration import NODE, BrokerPlan, ClusterPlan
from devstack.broker.mapper import PortMapper
from devstack.broker.node import Node
from devstack.free_port import free_port

#: How much of the log an error message quotes.
LOG_TAIL_BYTES = 3000


class PrivateBroker:
    """A RabbitMQ of the machine's own `rabbitmq-server`, with data in `folder`.

    Start it from a thread that outlives it: it ends with the thread that started it.
    `node`, `cluster` and the `mapper`, which others start, make it one of a cluster.
    """

    def __init__(
        self,
        folder: Path,
        *,
        amqp_port: int | None = None,
        user: str = "melotech",
        password: str | None = None,
        vhosts: Sequence[str] = ("/",),
        also: Mapping[str, list[dict[str, object]]] | None = None,
        metrics_port: int | None = None,
        node: str = NODE,
        cluster: ClusterPlan | None = None,
        mapper: PortMapper | None = None,
    ) -> None:
        self.plan = BrokerPlan(
            folder=folder.resolve(),
            amqp_port=amqp_port or free_port(),
            distribution_port=free_port(),
            epmd_port=mapper.port if mapper else free_port(),
            user=user,
            password=password or secrets.token_urlsafe(18),
            vhosts=tuple(vhosts),
            also=also or {},
            metrics_port=metrics_port,
            node=node,
            cluster=cluster,
        )
        self._node = Node(self.plan, mapper)

    @property
    def url(self) -> str:
        """Return the AMQP address of the first virtual host, `/` unless told."""
        return self.plan.url(self.plan.vhosts[0])

    @property
    def log(self) -> Path:
        """Return the path of the node's log."""
        return self.plan.folder / "broker.log"

    @property
    def pid(self) -> int | None:
        """Return the process id of the running node."""
        return self._node.pid

    def start(self, timeout: float = 90) -> None:
        """Start, and return when a client can log in; raise after `timeout` seconds."""
        self.begin()
        try:
            self.wait_until_open(timeout)
        except BaseException:
            self._node.kill()
            raise

    def begin(self) -> None:
        """Start, and return at once."""
        self.plan.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._node.start(output)

    def wait_until_open(self, timeout: float) -> None:
        """Wait until a client can log in; raise RuntimeError with the log's end."""
        deadline = time.monotonic() + timeout
        while self._node.running and time.monotonic() < deadline:
            if can_log_in(self.url):
                return
            time.sleep(0.1)
        tail = self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        raise RuntimeError(f"the private broker did not open:\n{tail}")

    def wait_until_kept(self, *queues: str, timeout: float = 10) -> None:
        """Wait until these quorum queues would survive `kill`.

        RabbitMQ 3.10 writes the directory of its quorum queues once a second. One that
        is killed before that forgets them half: they can be declared, but not used.
        """
        deadline = time.monotonic() + timeout
        while not all(self._is_kept(queue) for queue in queues):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not written within {timeout} s: {queues}")
            time.sleep(0.05)

    def _is_kept(self, queue: str) -> bool:
        directories = self.plan.folder.glob("mnesia/*/quorum/*/names.dets")
        return any(queue.encode() in path.read_bytes() for path in directories)

    def stop(self) -> None:
        """End it in order; what was confirmed is there at the next start."""
        self._node.stop()

    def kill(self) -> None:
        """End it by SIGKILL; `start` comes back on the same data and port."""
        self._node.kill()

    def begin_to_stop(self) -> None:
        """Have it end in order, and return at once; `stop` waits for that."""
        self._node.send(signal.SIGTERM)

    def pause(self) -> None:
        """Stop it from running while its sockets stay open, as an overload would."""
        self._node.freeze()

    def resume(self) -> None:
        """Let it run again."""
        self._node.send(signal.SIGCONT)

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
        """Stop it."""
        self.stop()


def accepts(host: str, port: int, *, timeout: float = 3.0) -> bool:
    """Tell whether something listens at that address now."""
    with suppress(OSError), socket.create_connection((host, port), timeout):
        return True
    return False


def can_log_in(url: str) -> bool:
    """Tell whether a client can open an AMQP connection at `url` now."""
    parameters = pika.URLParameters(url)
    if not accepts(parameters.host, parameters.port):
        return False  # pika would fill the log with the refusal
    parameters.socket_timeout = parameters.stack_timeout = 3
    parameters.connection_attempts = 1
    try:
        pika.BlockingConnection(parameters).close()
    except (pika.exceptions.AMQPError, AMQPConnectorException, OSError):
        return False
    return True
