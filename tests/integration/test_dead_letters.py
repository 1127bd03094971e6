"""The operator's `dead-letters` on a real broker: nothing is lost, nothing returned."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
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
from shared import events
from shared.amqp import rotation
from shared.amqp.message import Message
from shared.amqp.opening import opened
from shared.topology import (
    MAILER_DEAD_LETTERS,
    MAILER_DELIVERY_LIMIT,
    MAILER_QUEUE,
)
from tests.plugins.mails import change
from tests.plugins.operator import PROGRAM, Operator, Queue
from tests.plugins.services import ROOT, until

HOUR = 3600


@pytest.fixture
def letters(bus_url):
    with opened(bus_url, name="test"):
        return Queue(bus_url)


@pytest.fixture
def mails(bus_url):
    return Queue(bus_url, MAILER_QUEUE)


@pytest.fixture
def operator(bus_url, tmp_path):
    return Operator(RABBITMQ_URL=bus_url, HOME=str(tmp_path))


def letter(number, *, reason="Mailgun said 400: bad", status=400, age=60, **columns):
    body = events.encode(change(number, userid="u-1", **columns))
    headers = {
        ATTEMPT_HEADER: 3,
        REASON_HEADER: reason,
        STATUS_HEADER: status,
        DEAD_AT_HEADER: int(time.time()) - age,
        "x-kept": f"n{number}",
    }
    properties = pika.BasicProperties(
        message_id=f"evt_{number}",
        content_type=events.CONTENT_TYPE,
        delivery_mode=2,
        headers=headers,
        correlation_id="c",
        timestamp=1_700_000_000,
        app_id="a",
    )
    return properties, body


def ids(found):
    return [properties.message_id for properties, _ in found]


def listed(operator, *filters):
    answer = operator.run("dead-letters", "list", "--json", *filters)
    return [each["event_id"] for each in answer.json]


def test_list_shows_what_each_letter_says(operator, letters):
    letters.fill([letter(1, status=400, age=2 * HOUR + 5)])

    shown = operator.run("dead-letters", "list").out

    for word in ("evt_1", "s-1", "approved", "400", "3", "2h", "Mailgun said 400: bad"):
        assert word in shown
    assert "\x1b" not in shown
    (entry,) = operator.run("dead-letters", "list", "--json").json
    assert entry["event_id"] == "evt_1"
    assert entry["http_status"] == 400
    assert entry["dead_at"].endswith("+00:00")


def test_list_leaves_the_queue_as_it_was_however_often(bus_url, letters):
    sent = [letter(number) for number in range(250)]
    letters.fill(sent)

    for _ in range(MAILER_DELIVERY_LIMIT + 10):
        turned = rotation.rotate(
            bus_url, MAILER_DEAD_LETTERS, lambda _: rotation.Keep(), name="test"
        )
        assert turned.done == turned.total == 250

    found = letters.take()
    assert [(p.headers, body) for p, body in found] == [
        (p.headers, body) for p, body in sent
    ]
    for properties, (before, _) in zip((p for p, _ in found), sent, strict=True):
        assert properties.delivery_mode == 2
        assert vars(properties) == vars(before)


def test_letters_are_chosen_by_all_that_they_say(operator, letters):
    letters.fill(
        [
            letter(1, reason="no such domain", status=400, age=HOUR),
            letter(2, reason="Gone away", status=503, age=3 * HOUR),
            letter(3, reason="gone for good", status=410, age=5 * HOUR),
        ]
    )

    assert listed(operator) == ["evt_1", "evt_2", "evt_3"]
    assert listed(operator, "--id", "evt_1", "--id", "evt_3") == ["evt_1", "evt_3"]
    assert listed(operator, "--reason", "GONE") == ["evt_2", "evt_3"]
    assert listed(operator, "--status", "503") == ["evt_2"]
    assert listed(operator, "--older-than", "2h") == ["evt_2", "evt_3"]
    assert listed(operator, "--newer-than", "90m") == ["evt_1"]
    assert listed(operator, "--submission", "s-3") == ["evt_3"]
    assert listed(operator, "--limit", "2") == ["evt_1", "evt_2"]
    assert listed(operator, "--reason", "gone", "--newer-than", "4h") == ["evt_2"]


def test_replay_gives_the_mailer_the_letter_without_its_past(operator, letters, mails):
    sent = [letter(1), letter(2, reason="gone"), letter(3)]
    letters.fill(sent)

    answer = operator.run("dead-letters", "replay", "--reason", "gone", "--yes")

    assert answer.code == 0
    assert "1 of 3" in answer.out
    ((properties, body),) = mails.take()
    assert properties.message_id == "evt_2"
    assert properties.headers == {"x-kept": "n2", WAITED_HEADER: 1}
    assert properties.delivery_mode == 2
    assert body == sent[1][1]
    assert ids(letters.take()) == ["evt_1", "evt_3"]


def test_purge_lets_go_of_those_that_were_meant(operator, letters, mails):
    letters.fill([letter(1, age=HOUR), letter(2, age=5 * HOUR), letter(3, age=60)])

    answer = operator.run("dead-letters", "purge", "--older-than", "30m", "--yes")

    assert "2 of 3" in answer.out
    assert ids(letters.take()) == ["evt_3"]
    assert mails.count() == 0


def test_dry_run_says_which_ones_and_does_nothing(operator, letters, mails):
    letters.fill([letter(1), letter(2)])

    answer = operator.run("dead-letters", "purge", "--all", "--dry-run")

    assert "evt_1" in answer.out
    assert "evt_2" in answer.out
    assert letters.count() == 2


@pytest.mark.parametrize("verb", ["replay", "purge"])
def test_nothing_is_done_without_a_choice_and_a_yes(operator, letters, verb):
    letters.fill([letter(1)])

    assert operator.run("dead-letters", verb, "--yes").code == 2
    unasked = operator.run("dead-letters", verb, "--all")

    assert unasked.code == 2
    assert "--yes" in unasked.err
    assert letters.count() == 1


def test_person_at_a_terminal_is_asked_first(operator, letters):
    letters.fill([letter(1), letter(2)])

    assert "purge 2 dead letters?" in answered(operator, b"n\n")
    assert letters.count() == 2
    assert "purged 2 of 2" in answered(operator, b"y\n")
    assert letters.count() == 0


def answered(operator, answer):
    """Purge at a terminal of its own; return all that it showed."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "dead-letters", "purge", "--all"],
        cwd=ROOT,
        env=operator.environ | {"TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(master, 4096):
                shown += piece
                if b"?" in shown and answer:
                    os.write(master, answer)
                    answer = b""
        process.wait(20)
    os.close(master)
    return shown.decode()


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


def test_show_masks_addresses_until_asked_not_to(operator, letters):
    letters.fill(
        [letter(1, email="ada@melotech.test", feedback="ask bob@artist.test, please")]
    )

    for arguments in ((), ("--json",)):
        shown = operator.run("dead-letters", "show", "evt_1", *arguments).out
        assert "ada@melotech.test" not in shown
        assert "bob@artist.test" not in shown
        assert "a***@melotech.test" in shown
        assert "x-melotech-reason" in shown
    full = operator.run("dead-letters", "show", "evt_1", "--full", "--json").json
    assert full[0]["event"]["data"]["record"]["email"] == "ada@melotech.test"
    assert operator.run("dead-letters", "show", "evt_9").code == 1


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
