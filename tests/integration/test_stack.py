"""`make run` for real: a copy of the project in a folder and on ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from devstack.stack import dotenv
from shared import unsubscribe
from shared.unsubscribe import Subscription
from tests.plugins.services import until
from tests.plugins.stack import Stack, stacks


@pytest.mark.timeout(300)
def test_one_command_runs_everything_restarts_what_dies_and_ends_without_a_trace(
    stack: Stack,
) -> None:
    foreground = stack.up()
    assert stack.answers()
    assert stack.url.rpartition(":")[2] in stack.output.read_text()

    second = stack.run("up")
    assert second.returncode == 0, second.stderr
    assert "runs already" in second.stdout

    for name in ("gateway", "mailer", "rabbitmq"):
        killed = stack.pid_of(name)
        os.kill(killed, signal.SIGKILL)
        until(lambda name=name, killed=killed: stack.pid_of(name) not in {0, killed})
        until(stack.answers, timeout=60)

    foreground.send_signal(signal.SIGINT)
    assert foreground.wait(60) == 0
    assert stack.processes() == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that runs, for tests that end nothing."""
    with stacks(tmp_path_factory.mktemp("running")) as make:
        stack = make()
        stack.up()
        yield stack


@pytest.mark.timeout(300)
def test_what_became_of_a_mail_comes_in_at_the_edge_and_is_believed(
    running: Stack,
) -> None:
    mailgun = f"http://{running.environ['MAILGUN_STANDIN_BIND']}"
    written = dotenv.read(running.root / ".env")
    mail = {"from": "m@a.test", "to": "a@b.test", "text": "T", "v:event_id": "evt_1"}
    taken = requests.post(
        f"{mailgun}/v3/{written['MAILGUN_DOMAIN']}/messages",
        auth=("api", written["MAILGUN_API_KEY"]),
        data=mail | {"v:submission_id": "s-1"},
        timeout=5,
    )
    assert taken.status_code == 200

    def told() -> list[dict[str, object]]:
        answer: list[dict[str, object]] = requests.get(
            f"{mailgun}/api/webhooks", timeout=5
        ).json()
        return answer

    until(lambda: len(told()) == 2)
    assert [(each["event"], each["answer"]) for each in reversed(told())] == [
        ("accepted", "200"),
        ("delivered", "200"),
    ]


@pytest.mark.timeout(300)
def test_link_of_a_mail_ends_the_mails_by_way_of_the_edge(running: Stack) -> None:
    secret = dotenv.read(running.root / ".env")["UNSUBSCRIBE_SECRET"]
    subscription = Subscription(
        event_id="e", submission_id="s", recipient_key="0f" * 16, masked="a***@b.test"
    )
    link = unsubscribe.link(running.url, subscription, secret.encode())

    shown = requests.get(link, timeout=5)
    done = requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=5)

    assert "<form" in shown.text
    assert (done.status_code, "<form" in done.text) == (200, False)


@pytest.mark.timeout(300)
def test_what_lost_its_terminal_is_stopped_from_elsewhere(stack: Stack) -> None:
    stack.up().kill()
    assert stack.answers()

    stopped = stack.run("stop")

    assert stopped.returncode == 0, stopped.stderr
    until(lambda: stack.processes() == [])
    assert "Nothing runs" in stack.run("stop").stdout


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a kill -9")
def test_nothing_outlives_a_killed_supervisor(stack: Stack) -> None:
    foreground = stack.up()
    supervisor = stack.supervision.pid()
    assert supervisor is not None

    os.kill(supervisor, signal.SIGKILL)

    assert foreground.wait(60) == 1
    until(lambda: stack.processes() == [], timeout=40)
    assert "killed" in stack.output.read_text()
    assert not stack.layout.socket.exists()


@pytest.mark.timeout(300)
def test_program_that_cannot_start_is_told_with_the_end_of_its_log(
    stack: Stack,
) -> None:
    stack.environ["MAILGUN_FROM_EMAIL"] = "no address"

    failed = stack.run("up")

    assert failed.returncode == 1
    assert "Not healthy: mailer" in failed.stderr
    assert "MAILGUN_FROM_EMAIL" in failed.stderr
    assert stack.processes() == []


def test_port_that_somebody_else_holds_is_named(stack: Stack) -> None:
    port = stack.environ["GATEWAY_BIND"].rpartition(":")[2]
    holder = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _serves(port))
        refused = stack.run("up")
    finally:
        holder.kill()
        holder.wait(10)

    assert refused.returncode == 1
    assert f"port {port} of gateway" in refused.stderr
    assert "GATEWAY_BIND" in refused.stderr
    assert stack.processes() == []


def _serves(port: str) -> bool:
    try:
        return requests.head(f"http://127.0.0.1:{port}/", timeout=2).ok
    except requests.RequestException:
        return False
