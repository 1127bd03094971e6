"""A client that is given several nodes goes on to the next one."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest

from shared.amqp import nodes, silence
from shared.amqp import publisher as publisher_module
from shared.amqp.consumer import Consumer
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher
from shared.errors import NotPublished
from shared.topology import MAILER_QUEUE
from tests.plugins.proxy import Proxy
from tests.plugins.services import until

NOBODY = "amqp://u:p@127.0.0.1:1/%2F"


@pytest.fixture
def doors(bus_url):
    """Two ways to one broker, each of which may be shut."""
    proxies = [Proxy(urlsplit(bus_url).port) for _ in range(2)]
    yield proxies
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def both(bus_url, doors):
    """The address of the two, with one in front at which nobody is."""
    parts = urlsplit(bus_url)
    login = parts.netloc.rpartition("@")[0]
    ways = [
        urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{door.port}"))
        for door in doors
    ]
    return ",".join([NOBODY, *ways])


@pytest.fixture
def publisher(both):
    publisher = Publisher(both, name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    yield publisher
    publisher.close()


def message(number):
    return Message(
        body=str(number).encode(),
        message_id=f"m{number}",
        routing_key="submission.status-changed",
    )


def is_published(publisher, number):
    try:
        publisher.publish(message(number), timeout=2)
    except NotPublished:
        return False
    return True


def test_publisher_goes_on_at_whichever_node_is_there(publisher, doors):
    for number, shut in enumerate((*doors, *doors)):
        for door in doors:
            door.allow()
        shut.refuse()

        until(lambda number=number: is_published(publisher, number), timeout=20)


def test_node_that_hangs_is_left_for_another(publisher, doors):
    for number, answering in enumerate(doors):
        for door in doors:
            door.swallow()
            door.cut()
        until(lambda: not publisher.ready)
        answering.pass_on()

        until(lambda number=number: is_published(publisher, number), timeout=30)


def test_node_that_confirms_nothing_is_left_though_its_heartbeats_come(
    publisher, doors, monkeypatch
):
    monkeypatch.setattr(publisher_module, "STALL_DEADLINE", 0.5)
    doors[1].refuse()
    until(lambda: is_published(publisher, 0), timeout=20)
    doors[1].allow()
    doors[0].deafen()

    until(lambda: is_published(publisher, 1), timeout=10)


def test_node_that_falls_silent_is_left_before_pika_notices(both, doors, monkeypatch):
    monkeypatch.setattr(nodes, "HEARTBEAT", 1)
    monkeypatch.setattr(silence, "LOOK", 0.3)
    consumer = Consumer(
        both,
        name="test",
        queue=MAILER_QUEUE,
        prefetch=10,
        on_delivery=lambda delivery: None,
    )
    doors[1].refuse()
    consumer.start()
    try:
        until(lambda: consumer.connected)
        doors[1].allow()
        doors[0].swallow()

        until(lambda: not consumer.connected, timeout=5)
        until(lambda: consumer.connected)
    finally:
        consumer.close()


def test_consumer_is_delivered_everything_by_whichever_node_is_there(
    both, publisher, doors
):
    heard = []

    def hear(delivery):
        heard.append(delivery.message_id)
        consumer.ack(delivery)

    consumer = Consumer(
        both,
        name="test",
        queue=MAILER_QUEUE,
        prefetch=10,
        on_delivery=hear,
    )
    consumer.start()
    try:
        for number, shut in enumerate(doors):
            for door in doors:
                door.allow()
            shut.refuse()
            until(lambda number=number: is_published(publisher, number), timeout=20)
            until(lambda number=number: f"m{number}" in heard, timeout=20)
    finally:
        consumer.close()
