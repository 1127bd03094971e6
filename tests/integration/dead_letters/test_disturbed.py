"""The operator's `dead-letters` killed, disturbed, and given what is no letter."""

from __future__ import annotations

import signal
import time

import pika
import pytest

from mailer_worker.settlement import (
    ATTEMPT_HEADER,
    DEAD_AT_HEADER,
    REASON_HEADER,
    STATUS_HEADER,
    WAITED_HEADER,
)
from shared.amqp import rotation
from shared.amqp.message import Message
from shared.amqp.opening import opened
from shared.topology import (
    MAILER_DEAD_LETTERS,
    MAILER_QUEUE,
)
from tests.plugins.letters import ids, letter, listed
from tests.plugins.services import until


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.1])
def test_kill_in_the_middle_loses_nothing(operator, letters, mails, wait):
    letters.fill([letter(number) for number in range(1000)])
    process = operator.begin("dead-letters", "replay", "--all", "--yes")
    until(lambda: mails.count() > 0)
    time.sleep(wait)

    process.send_signal(signal.SIGKILL)
    process.communicate()

    def all_are_back():
        return letters.count() + mails.count() >= 1000

    until(all_are_back)
    # The broker may still return what the killed one held.
    found = []
    until(
        lambda: (
            found.extend(letters.take() + mails.take()) or len(ids_of(found)) == 1000
        )
    )
    assert len(found) <= 1000 + rotation.BATCH


def ids_of(found):
    return set(ids(found))


def test_interrupt_ends_between_two_batches_and_returns_nothing(operator, letters):
    letters.fill([letter(number) for number in range(3000)])
    process = operator.begin("dead-letters", "list")
    until(lambda: letters.count() < 3000)

    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "stopped after" in told
    found = letters.take()
    assert len(found) == len(ids_of(found)) == 3000
    assert not any("x-delivery-count" in properties.headers for properties, _ in found)


def test_header_that_counts_returns_is_not_made_a_letters_own(bus_url, letters):
    letters.fill([letter(1)])
    with pika.BlockingConnection(pika.URLParameters(bus_url)) as connection:
        channel = connection.channel()
        method, _, _ = channel.basic_get(MAILER_DEAD_LETTERS)
        channel.basic_nack(method.delivery_tag, requeue=True)

    rotation.rotate(
        bus_url, MAILER_DEAD_LETTERS, lambda _: rotation.Keep(), name="test"
    )

    ((properties, _),) = letters.take()
    assert "x-delivery-count" not in properties.headers


def test_second_tool_at_the_same_time_is_told_so(bus_url, operator, letters):
    letters.fill([letter(1)])
    answers = []

    def decide(_):
        answers.append(operator.run("dead-letters", "list"))
        return rotation.Keep()

    rotation.rotate(bus_url, MAILER_DEAD_LETTERS, decide, name="test")

    assert answers[0].code == 1
    assert "another tool is at work" in answers[0].err
    assert listed(operator) == ["evt_1"]


def test_somebody_elses_consumer_is_told_of_too(bus_url, operator, letters):
    letters.fill([letter(1)])
    with pika.BlockingConnection(pika.URLParameters(bus_url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume("mailer.dead-letters", lambda *_: None)
        letters.fill([letter(2)])

        answer = operator.run("dead-letters", "list")

    assert answer.code == 1
    assert "another tool is at work" in answer.err


HOSTILE_HEADERS = {
    "x-death": "no list",
    REASON_HEADER: "[red]\x1b[2J\x07 bell\u202e [/nonsense] to ada@melotech.test",
    ATTEMPT_HEADER: -5,
    STATUS_HEADER: "4xx",
    DEAD_AT_HEADER: 2**62,
    "nested": {"a": [{"b": b"\xff\xfe"}, None, True]},
    "CC": [MAILER_QUEUE],
}


def test_garbage_is_listed_shown_kept_and_purged(operator, letters, mails):
    garbage = [
        (pika.BasicProperties(), b"\xff\xfe not json"),
        (pika.BasicProperties(message_id="odd", headers=HOSTILE_HEADERS), b"[" * 9000),
        (pika.BasicProperties(message_id="mail"), b'{"type":"email.accepted"}'),
    ]
    letters.fill(garbage)
    mails.take()  # what `CC` asked for when it was put there

    shown = operator.run("dead-letters", "list")
    assert listed(operator) == ["", "odd", "mail"]
    assert shown.code == 0
    assert "[red]" in shown.out
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
    assert "ada@" not in shown.out
    (odd,) = operator.run("dead-letters", "show", "odd", "--json").json
    assert odd["headers"]["x-melotech-attempt"] == -5
    assert odd["event"].startswith("[[[")
    assert operator.run("dead-letters", "show", "odd").code == 0
    assert mails.count() == 0
    assert ids(letters.take()) == [None, "odd", "mail"]


def test_letter_that_cannot_be_decoded_is_a_sentence_and_stays(
    bus_url, operator, letters
):
    field = b"\x01tT" + (2**63).to_bytes(8)
    headers = (1 << 13).to_bytes(2) + len(field).to_bytes(4) + field
    with opened(bus_url, name="test") as publisher:
        publisher.publish(
            Message(
                body=b"",
                message_id="",
                exchange="",
                routing_key=MAILER_DEAD_LETTERS,
                properties=headers,
            ),
            timeout=10,
        )

    answer = operator.run("dead-letters", "list")

    assert answer.code == 1
    assert "broker cannot be used" in answer.err
    assert "Traceback" not in answer.err
    until(lambda: letters.count() == 1)


def test_letter_that_the_broker_made_says_so(bus_url, operator, letters, mails):
    properties, body = letter(1)
    properties.headers = None
    mails.fill([(properties, body)])
    with pika.BlockingConnection(pika.URLParameters(bus_url)) as connection:
        channel = connection.channel()
        for method, _, _ in channel.consume(MAILER_QUEUE, inactivity_timeout=1):
            if method is None:
                break
            channel.basic_nack(method.delivery_tag, requeue=True)
    until(lambda: letters.count() == 1)

    for _ in range(2):
        (entry,) = operator.run("dead-letters", "list", "--json").json
        assert "delivery_limit" in entry["reason"]
        assert entry["dead_at"] is not None
        assert entry["submission_id"] == "s-1"
    operator.run("dead-letters", "replay", "--newer-than", "1h", "--yes")
    ((replayed, _),) = mails.take()
    assert replayed.headers == {WAITED_HEADER: 1}


def test_five_thousand_letters_are_read_in_seconds(operator, letters):
    letters.fill([letter(number) for number in range(5000)])
    began = time.monotonic()

    found = listed(operator)

    assert found == [f"evt_{number}" for number in range(5000)]
    assert time.monotonic() - began < 30
