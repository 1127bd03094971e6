"""A private broker keeps what it confirmed, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pika
import pika.exceptions
import psutil
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from devstack.broker.node import server_program
from devstack.broker.private import PrivateBroker, accepts, can_log_in
from devstack.free_port import free_port
from tests.plugins.broker import Brokers, unavailable
from tests.plugins.services import until

ROOT = Path(__file__).parents[2]
QUEUE = "kept"


@pytest.fixture(scope="module")
def broker(private_brokers: Brokers) -> PrivateBroker:
    return private_brokers()


@contextmanager
def channel_to(url: str) -> Iterator[BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        yield connection.channel()
    finally:
        with suppress(pika.exceptions.AMQPError):
            connection.close()


def test_confirmed_message_is_there_after_a_kill(broker: PrivateBroker) -> None:
    with channel_to(broker.url) as channel:
        channel.confirm_delivery()
        channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        broker.wait_until_kept(QUEUE)
        persistent = pika.BasicProperties(delivery_mode=2)
        channel.basic_publish("", QUEUE, b"kept", persistent, mandatory=True)
        broker.kill()
        assert not can_log_in(broker.url)

    broker.start()

    with channel_to(broker.url) as channel:
        _, _, body = channel.basic_get(QUEUE, auto_ack=True)
    assert body == b"kept"


def test_paused_broker_holds_its_port_and_answers_when_it_runs_again(
    broker: PrivateBroker,
) -> None:
    broker.pause()
    assert accepts("127.0.0.1", broker.plan.amqp_port)
    assert not can_log_in(broker.url)

    broker.resume()

    until(lambda: can_log_in(broker.url))


def test_changed_password_holds_on_old_data_and_nobody_else_enters(
    private_broker: PrivateBroker,
) -> None:
    old = private_broker.url
    folder = private_broker.plan.folder
    private_broker.stop()

    again = PrivateBroker(folder, password="another")
    try:
        again.start()
        port = again.plan.amqp_port
        assert can_log_in(again.url)
        assert not can_log_in(
            old.replace(str(private_broker.plan.amqp_port), str(port))
        )
        assert not can_log_in(f"amqp://guest:guest@127.0.0.1:{port}/%2F")
    finally:
        again.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a kill -9")
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_foreground_process(
    tmp_path: Path, signum: signal.Signals
) -> None:
    if server_program() is None:
        unavailable()
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "BROKER_DATA_DIR": str(tmp_path / "data"),
        "BROKER_PORT": str(port),
        "BROKER_USER": "melotech",
        "RABBITMQ_PASSWORD": "secret",
    }
    command = [sys.executable, "-m", "devstack.broker"]
    with (tmp_path / "log").open("wb") as log:
        foreground = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=log, stderr=log
        )
    try:
        url = f"amqp://melotech:secret@127.0.0.1:{port}/%2F"
        until(lambda: can_log_in(url), timeout=60)
        family = psutil.Process(foreground.pid).children(recursive=True)
        assert {"beam.smp", "epmd"} <= {process.name() for process in family}

        foreground.send_signal(signum)
        code = foreground.wait(30)

        assert code == (0 if signum is signal.SIGTERM else -signal.SIGKILL)
        until(lambda: not any(process.is_running() for process in family))
    finally:
        foreground.kill()
        foreground.wait(10)


def test_paused_broker_stands_still_in_all_its_threads(broker: PrivateBroker) -> None:
    for _ in range(5):
        broker.pause()
        states = {stat_of(task) for task in Path(f"/proc/{broker.pid}/task").iterdir()}
        broker.resume()

        assert states == {"T"}


def stat_of(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]
