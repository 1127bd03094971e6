"""Whatever befalls the broker or the worker, publishing goes on when it is over."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from devstack.broker.configuration import NODE, environment
from devstack.broker.node import server_program
from shared.topology import CHANGE_LOG_STREAM
from tests.plugins.senders import Senders, assert_kept, is_drained
from tests.plugins.services import start_ingest, until

#: RabbitMQ 3.10 never recovers a stream that is killed right after its making.
FIRST_SECONDS = 2.0
#: How long a queue refuses, in seconds.
REFUSING = 8.0


@pytest.fixture
def ingest(start, private_broker, tmp_path):
    """An ingest service of one worker whose queues outlive a kill of the broker."""
    folder = str(tmp_path / "ingest")
    started = start_ingest(start, private_broker.url, INGEST_DATA_DIR=folder)
    declared = time.monotonic()
    until(lambda: time.monotonic() > declared + FIRST_SECONDS)
    return started


def rabbitmqctl(broker, *arguments):
    program = Path(server_program()).with_name("rabbitmqctl")
    return subprocess.run(
        [program, "-n", NODE, *arguments],
        env=environment(broker.plan, path=os.environ["PATH"]),
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout.decode()


def workers_of(ingest):
    found = Path(f"/proc/{ingest.pid}/task/{ingest.pid}/children").read_text()
    return [int(each) for each in found.split()]


def is_connected(ingest):
    with suppress(requests.RequestException):
        answer = requests.get(f"{ingest.url}/health", timeout=5).json()
        return answer["broker"]["connected"]
    return False


def test_worker_that_ran_out_of_descriptors_publishes_again_when_there_are_some(
    ingest, private_broker
):
    (worker,) = workers_of(ingest)
    private_broker.stop()
    until(lambda: not is_connected(ingest))
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE, (5, 20_000))
    until(lambda: "Too many open files" in ingest.output())
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    private_broker.start()

    until(lambda: is_connected(ingest))


def messages_in(broker, queue):
    lines = rabbitmqctl(broker, "-q", "list_queues", "name", "messages").splitlines()
    return int(dict(line.split() for line in lines[1:])[queue])


def test_queue_that_refuses_gets_no_thousands_of_copies_into_the_stream(
    ingest, private_broker
):
    senders = Senders(ingest.url)
    policy = ("full", "^mailer[.]status", '{"max-length": 1}')
    rabbitmqctl(private_broker, "set_policy", *policy, "--apply-to", "queues")
    until(lambda: senders.send("s-1").json().get("queued"))
    for number in range(500):
        senders.send(f"s-{number % 7}")
    began = time.monotonic()
    until(lambda: time.monotonic() > began + REFUSING, timeout=2 * REFUSING)

    # Some are confirmed before the policy holds, and a busy broker takes its time.
    confirmed = senders.accepted - len(senders.spooled)
    # Sent again and again, one of them, with ever longer pauses.
    assert messages_in(private_broker, CHANGE_LOG_STREAM) - confirmed < 50
    rabbitmqctl(private_broker, "clear_policy", "full")
    until(lambda: is_drained(ingest), timeout=60)
    assert_kept(senders, private_broker.url)
