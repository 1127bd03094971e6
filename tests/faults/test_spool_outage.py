"""The broker is away, blocked or dying: every webhook is answered 202 all the same."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from statistics import median

import pytest
import requests

from devstack.broker.configuration import NODE, environment
from devstack.broker.node import server_program
from tests.plugins.senders import (
    Senders,
    assert_kept,
    is_drained,
    until_streams_are_kept,
)
from tests.plugins.services import start_ingest, until

#: How long the broker is away, in seconds: several times the longest pause between two
#: attempts to connect.
OUTAGE = 20.0
#: Of each sender, in seconds: more than a thousand changes to drain.
PAUSE = 0.05
#: What a publish may take, and any answer on a busy machine, in seconds.
DEADLINE, LONGEST = 0.7, 5.0


@pytest.fixture
def ingest(start, private_broker, tmp_path):
    """An ingest service of two workers whose queues outlive a kill of the broker."""
    folder = str(tmp_path / "ingest")
    started = start_ingest(
        start, private_broker.url, INGEST_WORKERS="2", INGEST_DATA_DIR=folder
    )
    until_streams_are_kept()
    return started


def status(ingest):
    return requests.get(f"{ingest.url}/health", timeout=5).json()["status"]


@pytest.mark.timeout(240)
def test_long_outage_under_load_costs_no_webhook_and_no_order(ingest, private_broker):
    with Senders(ingest.url, pause=PAUSE) as senders:
        until(lambda: senders.accepted > 100)
        private_broker.kill()
        down = time.monotonic()
        until(lambda: time.monotonic() > down + OUTAGE, timeout=2 * OUTAGE)
        assert status(ingest) == "degraded"
        private_broker.start()
        # The senders go on meanwhile: it drains faster than they fill it.
        until(lambda: is_drained(ingest), timeout=60)
        before = senders.accepted
        until(lambda: senders.accepted > before + 50)
    until(lambda: is_drained(ingest), timeout=60)

    assert senders.refused == []
    assert len(senders.spooled) > 1_000
    assert max(senders.seconds) < LONGEST
    assert status(ingest) == "healthy"
    assert_kept(senders, private_broker.url)


def test_broker_that_is_killed_again_and_again_in_mid_drain_gets_everything(
    ingest, private_broker
):
    senders = Senders(ingest.url)
    private_broker.kill()
    for number in range(400):
        senders.send(f"s-{number % 7}")
    for _ in range(3):
        private_broker.start()
        until(lambda: not is_full(ingest, 400))
        private_broker.kill()
        for number in range(50):
            senders.send(f"s-{number % 7}")
    private_broker.start()
    until(lambda: is_drained(ingest), timeout=60)

    assert senders.refused == []
    assert_kept(senders, private_broker.url)


def is_full(ingest, count):
    body = requests.get(f"{ingest.url}/health", timeout=5).json()
    return not body["broker"]["connected"] and body["spool"]["depth"] >= count


def rabbitmqctl(broker, *arguments):
    program = Path(server_program()).with_name("rabbitmqctl")
    subprocess.run(
        [program, "-n", NODE, *arguments],
        env=environment(broker.plan, path=os.environ["PATH"]),
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_memory_alarm_is_answered_from_the_spool_and_holds_nobody_up(
    ingest, private_broker
):
    with Senders(ingest.url) as senders:
        until(lambda: senders.accepted > 50)
        rabbitmqctl(private_broker, "set_vm_memory_high_watermark", "0.0000001")
        until(lambda: len(senders.spooled) > 200)
        before, answered = len(senders.spooled), len(senders.seconds)
        until(lambda: len(senders.spooled) > before + 200)
        # Whoever waited for the broker each time would wait for all of its deadline.
        assert median(senders.seconds[answered:]) < DEADLINE / 2
        rabbitmqctl(private_broker, "set_vm_memory_high_watermark", "0.9")
        until(lambda: is_drained(ingest), timeout=60)
    until(lambda: is_drained(ingest), timeout=60)

    assert senders.refused == []
    assert_kept(senders, private_broker.url)
