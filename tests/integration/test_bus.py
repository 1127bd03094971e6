"""Publisher and consumer on a real broker: what is confirmed, lost, and delivered."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit, urlunsplit

import pika
import pytest

from shared.amqp.consumer import Consumer
from shared.amqp.message import Message
from shared.amqp.publisher import MAX_OUTSTANDING, Publisher
from shared.errors import BrokerUnavailable, ConfirmTimeout, Unroutable
from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE
from tests.plugins.proxy import Proxy
from tests.plugins.services import until


@pytest.fixture
def publisher(bus_url):
    publisher = Publisher(bus_url, name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    yield publisher
    publisher.close()


@pytest.fixture
def proxy(bus_url):
    proxy = Proxy(urlsplit(bus_url).port)
    yield proxy
    proxy.close()


def through(proxy, url):
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))


def message(number=0, **overrides):
    facts = {
        "body": str(number).encode(),
        "message_id": f"m{number}",
        "routing_key": "submission.status-changed",
    }
    return Message(**(facts | overrides))


def declared(bus_url, queue):
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    answer = connection.channel().queue_declare(queue, passive=True).method
    connection.close()
    return answer


def test_publish_returns_when_every_queue_has_the_message(publisher, bus_url):
    for number in range(20):
        publisher.publish(message(number), timeout=5)

    assert declared(bus_url, MAILER_QUEUE).message_count == 20


def test_none_of_many_published_together_goes_past_one_that_was_not_sent(publisher):
    outcomes = publisher.publish_all(
        [message(number) for number in range(40 * MAX_OUTSTANDING)], timeout=20
    )

    sent = [error is None for error in outcomes]
    first_refused = sent.index(False)
    assert first_refused >= MAX_OUTSTANDING
    assert not any(sent[first_refused:])


def test_confirm_that_was_lost_holds_nobody_up_for_long(proxy, bus_url):
    publisher = Publisher(through(proxy, bus_url), name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    proxy.swallow()
    with pytest.raises(ConfirmTimeout):
        publisher.publish(message(1), timeout=0.5)
    proxy.pass_on()

    with pytest.raises(BrokerUnavailable):
        publisher.publish(message(2), timeout=5)
    until(lambda: publisher.ready)
    publisher.publish(message(2), timeout=5)

    publisher.close()


def test_message_for_nobody_is_said_to_be_unroutable(publisher):
    nobody = message(exchange="", routing_key="no-such-queue")

    with pytest.raises(Unroutable):
        publisher.publish(nobody, timeout=5)


def test_queue_that_was_deleted_is_declared_again_by_the_publish_that_misses_it(
    publisher, bus_url
):
    retry = message(exchange="", routing_key="mailer.retry.5s")
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    connection.channel().queue_delete("mailer.retry.5s")
    connection.close()
    with pytest.raises(Unroutable):
        publisher.publish(retry, timeout=5)

    until(lambda: publisher.ready, timeout=10)
    publisher.publish(retry, timeout=5)


@pytest.mark.parametrize(
    "impossible",
    [
        message(headers={"big": 2**64}),
        message(message_id="x" * 300),
        message(message_id="\ud800"),
    ],
    ids=["huge-header", "long-id", "surrogate"],
)
def test_message_that_amqp_cannot_carry_harms_nobody_elses(publisher, impossible):
    with pytest.raises(ValueError, match="AMQP cannot carry"):
        publisher.publish(impossible, timeout=5)

    publisher.publish(message(), timeout=5)


class Senders:
    """Eight threads that publish without a pause, and note what was confirmed."""

    def __init__(self, publisher):
        self.confirmed = []
        self._publisher = publisher
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(lane,)) for lane in range(8)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        while not self._stop.is_set():
            number += 8
            try:
                self._publisher.publish(message(number), timeout=5)
            except BrokerUnavailable:
                until(lambda: self._publisher.ready, timeout=5)
            else:
                self.confirmed.append(number)


def test_cut_connections_cost_errors_but_no_confirmed_message(
    publisher, bus_url, proxy
):
    cut = Publisher(through(proxy, bus_url), name="test.cut")
    cut.start()
    until(lambda: cut.ready, timeout=30)
    with Senders(cut) as senders:
        for _ in range(5):
            before = len(senders.confirmed)
            until(lambda before=before: len(senders.confirmed) > before + 50)
            proxy.cut()
    cut.close()

    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    found = set()
    while (got := channel.basic_get(MAILER_QUEUE, auto_ack=True))[0]:
        found.add(int(got[2]))
    connection.close()
    assert set(senders.confirmed) <= found


def test_closed_publisher_says_so_at_once(bus_url):
    publisher = Publisher(bus_url, name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    publisher.close()

    assert not publisher.ready
    with pytest.raises(BrokerUnavailable):
        publisher.publish(message(), timeout=5)


def test_channel_and_connection_lost_together_leave_one_consumer(
    publisher, bus_url, proxy
):
    got = []
    consumer = Consumer(
        through(proxy, bus_url),
        name="test",
        queue=MAILER_QUEUE,
        prefetch=10,
        on_delivery=got.append,
    )
    consumer.start()
    until(lambda: consumer.consuming)
    # The channel's own timer is running when the connection goes, too.
    consumer._thread.call(consumer._thread.link.renew_channel)
    until(lambda: not consumer.consuming)
    proxy.cut()
    until(lambda: consumer.consuming)
    for number in range(6):
        publisher.publish(message(number), timeout=5)
    until(lambda: len(got) >= 6)

    assert declared(bus_url, MAILER_QUEUE).consumer_count == 1
    first = next(delivery for delivery in got if delivery.body == b"0")
    consumer.ack(first)
    consumer.close()
    until(lambda: declared(bus_url, MAILER_QUEUE).message_count == 5)


def test_stream_is_declared_with_what_lets_it_age_out(publisher, bus_url):
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()

    # Declared with other arguments it would be refused (406).
    channel.queue_declare(
        CHANGE_LOG_STREAM,
        durable=True,
        arguments={
            "x-queue-type": "stream",
            "x-max-age": "7D",
            "x-max-length-bytes": 2_000_000_000,
            "x-stream-max-segment-size-bytes": 20_000_000,
        },
    )
    connection.close()
