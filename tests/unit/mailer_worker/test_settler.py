"""The settler: acked is what is surely on the bus, and nothing else."""

import threading

import pytest

from mailer_worker import settler as module
from mailer_worker.settler import Settlement, Settler
from shared.amqp.message import Delivery, Message
from shared.errors import BrokerUnavailable, NotPublished
from tests.plugins.services import until


class Bus:
    """Takes messages, except while it is away and what AMQP cannot carry."""

    def __init__(self):
        self.taken = []
        self.batches = []
        self.acked = []
        self.acked_with = []
        self.outcomes = []
        self.is_away = False
        self.refused = set()
        self.impossible = set()
        self.go_on = threading.Event()
        self.go_on.set()

    def publish_all(self, messages, *, timeout) -> list[NotPublished | None]:
        assert self.go_on.wait(timeout)
        ids = [message.message_id for message in messages]
        if self.impossible & set(ids):
            raise ValueError("too long")
        self.batches.append(ids)
        errors = [
            BrokerUnavailable("away") if self.is_away or i in self.refused else None
            for i in ids
        ]
        self.taken += [i for i, error in zip(ids, errors, strict=True) if not error]
        return errors

    def ack(self, delivery):
        self.acked.append(delivery.tag)
        self.acked_with.append(list(self.taken))


def settlement(tag, *ids):
    delivery = Delivery(
        body=b"", message_id=f"d-{tag}", headers={}, tag=tag, generation=1
    )
    messages = [Message(body=b"", message_id=i, routing_key="k") for i in ids]
    return Settlement(delivery, messages, "accepted")


@pytest.fixture
def bus(monkeypatch):
    monkeypatch.setattr(module, "PUBLISH_PAUSE", 0.01)
    return Bus()


@pytest.fixture
def settler(bus):
    made = Settler(bus.publish_all, bus.ack, on_settled=bus.outcomes.append)
    made.start()
    yield made
    bus.go_on.set()
    assert made.close(timeout=5)


def test_delivery_is_acked_after_all_that_follows_from_it_is_published(bus, settler):
    settler.put(settlement(1, "a", "b"))
    until(lambda: bus.acked == [1])

    assert bus.acked_with == [["a", "b"]]


def test_outcome_is_told_once_it_is_settled_and_not_before(bus, settler):
    bus.is_away = True
    settler.put(settlement(1, "a"))
    until(lambda: len(bus.batches) > 1)
    assert bus.outcomes == []
    bus.is_away = False

    until(lambda: bus.outcomes == ["accepted"])


def test_delivery_from_which_nothing_follows_is_acked(bus, settler):
    settler.put(settlement(1))

    until(lambda: bus.acked == [1])


def test_what_waits_is_published_in_one_batch(bus, settler):
    bus.go_on.clear()
    for tag in range(50):
        settler.put(settlement(tag, f"m-{tag}"))
    bus.go_on.set()
    until(lambda: len(bus.acked) == 50)

    assert len(bus.batches) <= 3
    assert bus.acked == list(range(50))


def test_nothing_is_acked_while_the_broker_is_away_and_all_when_it_is_back(
    bus, settler
):
    bus.is_away = True
    settler.put(settlement(1, "a"))
    settler.put(settlement(2, "b"))
    until(lambda: len(bus.batches) > 3)
    assert bus.acked == []
    bus.is_away = False

    until(lambda: bus.acked == [1, 2])


def test_message_that_is_not_taken_keeps_its_own_delivery_alone(bus, settler):
    bus.refused = {"b2"}
    bus.go_on.clear()
    for tag, ids in enumerate([["a"], ["b1", "b2"], ["c"]]):
        settler.put(settlement(tag, *ids))
    bus.go_on.set()
    until(lambda: bus.acked == [0, 2])
    bus.refused = set()

    until(lambda: bus.acked == [0, 2, 1])


def test_message_that_amqp_cannot_carry_keeps_its_own_delivery_alone(bus, settler):
    bus.impossible = {"b"}
    bus.go_on.clear()
    for tag, name in enumerate("abc"):
        settler.put(settlement(tag, name))
    bus.go_on.set()

    until(lambda: bus.acked == [0, 2])


def test_end_settles_what_was_put(bus):
    settler = Settler(bus.publish_all, bus.ack, on_settled=bus.outcomes.append)
    for tag in range(500):
        settler.put(settlement(tag, f"m-{tag}"))
    settler.start()

    assert settler.close(timeout=5) is True
    assert bus.acked == list(range(500))


def test_end_waits_for_no_broker_that_is_away(bus):
    bus.is_away = True
    settler = Settler(bus.publish_all, bus.ack, on_settled=bus.outcomes.append)
    settler.start()
    settler.put(settlement(1, "a"))

    assert settler.close(timeout=5) is True
    assert bus.acked == []
