"""A RabbitMQ for the tests: the one given, a container's, or a private one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pika
import pytest

from devstack.broker.node import server_program
from devstack.broker.private import PrivateBroker
from shared.topology import TOPOLOGY

IMAGE = "rabbitmq:4-management"
#: Each test gets the next one; from the second round on it is emptied first.
VHOSTS = tuple(f"t{number}" for number in range(24))
REMEDY = "apt-get install rabbitmq-server, or set RABBITMQ_URL"

Brokers = Callable[[], PrivateBroker]


@dataclass
class Broker:
    """A broker that the tests share; `url` is the address of its first bus."""

    url: str
    urls: tuple[str, ...]
    handed_out: int = field(default=0)
    used_before: bool = field(default=False)
    #: A bus that a module's services are on; it is not wiped under them.
    held: str | None = field(default=None)

    def empty_bus(self) -> str:
        """Return the address of a virtual host without our queues and exchange.

        Where there is but one and it is held, what is on it stays.
        """
        turn, place = divmod(self.handed_out, len(self.urls))
        self.handed_out += 1
        url = self.urls[place]
        if url == self.held:
            return url if len(self.urls) == 1 else self.empty_bus()
        if turn or self.used_before:
            wipe(url)
        return url


def wipe(url: str) -> None:
    """Delete our queues and our exchange."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for queue in TOPOLOGY.queues:
        channel.queue_delete(queue.name)
    channel.exchange_delete(TOPOLOGY.exchange)
    connection.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this run: RABBITMQ_URL, else a container, else a private one."""
    with ExitStack() as stack:
        yield (
            _given()
            or _container(stack)
            or _private(stack, tmp_path_factory.mktemp("broker"))
            or unavailable()
        )


@pytest.fixture
def bus_url(broker: Broker) -> str:
    """The address of a bus that no other test's messages are on."""
    return broker.empty_bus()


@pytest.fixture(scope="module")
def bus_url_for_module(broker: Broker) -> Iterator[str]:
    """As `bus_url`, for what all tests of a module share."""
    broker.held = broker.empty_bus()
    yield broker.held
    broker.held = None


@pytest.fixture(scope="module")
def private_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokers]:
    """Start brokers that a test may kill; all end with the module."""
    if server_program() is None:
        unavailable()
    with ExitStack() as stack:

        def start() -> PrivateBroker:
            broker = PrivateBroker(tmp_path_factory.mktemp("private-broker"))
            stack.callback(broker.kill)
            broker.start()
            return broker

        yield start


@pytest.fixture(scope="module")
def private_broker_of_module(private_brokers: Brokers) -> PrivateBroker:
    """One broker that the tests of a module may kill, one after the other."""
    return private_brokers()


@pytest.fixture
def private_broker(private_broker_of_module: PrivateBroker) -> PrivateBroker:
    """One broker that this test may kill; it runs, and nothing of ours is on it."""
    broker = private_broker_of_module
    if broker.pid is None:
        broker.start()
    wipe(broker.url)
    return broker


def _given() -> Broker | None:
    url = os.environ.get("RABBITMQ_URL")
    return Broker(url, (url,), used_before=True) if url else None


def _container(stack: ExitStack) -> Broker | None:
    if not _engine_has_image():
        return None
    from testcontainers.community.rabbitmq import RabbitMqContainer

    parameters = stack.enter_context(RabbitMqContainer(IMAGE)).get_connection_params()
    login = parameters.credentials
    url = (
        f"amqp://{login.username}:{login.password}"
        f"@{parameters.host}:{parameters.port}/%2F"
    )
    return Broker(url, (url,), used_before=True)


def _engine_has_image() -> bool:
    if shutil.which("docker") is None:
        return False
    look = ["docker", "image", "inspect", IMAGE]
    with suppress(subprocess.TimeoutExpired):
        return subprocess.run(look, capture_output=True, timeout=10).returncode == 0
    return False


def _private(stack: ExitStack, folder: Path) -> Broker | None:
    if server_program() is None:
        return None
    broker = PrivateBroker(folder, vhosts=VHOSTS)
    stack.callback(broker.kill)
    broker.start()
    urls = tuple(broker.plan.url(vhost) for vhost in VHOSTS)
    return Broker(urls[0], urls)


def unavailable() -> NoReturn:
    """Skip, and say what mends it; under CI fail."""
    reason = f"no RabbitMQ to test with: {REMEDY}"
    if os.environ.get("CI") == "true":
        # A green run that tested nothing on the bus must not look like one that did.
        pytest.fail(reason)
    pytest.skip(reason)
