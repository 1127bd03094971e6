"""The services and stand-ins as real processes on free ports, ended with the test."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from devstack.broker.private import accepts
from devstack.free_port import free_port
from shared import signature
from shared.amqp.publisher import Publisher

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SERVICE_KEY = "sb_secret_of_the_tests"
ANON_KEY = "sb_publishable_of_the_tests"
MAILGUN_KEY = "key-of-the-tests"
DOMAIN = "mg.melotech.test"
START_DEADLINE = 60.0
STOP_DEADLINE = 30.0
#: Between two looks at a condition, in seconds.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.03, 0.2
#: A pause is so many times as long as the question took to ask.
PATIENCE = 4


T = TypeVar("T")


def until(condition: Callable[[], T], *, timeout: float = 30.0) -> T:
    """Return the condition's first true value; fail when it stays false.

    What takes long to ask is asked rarer: the answer must not wait for the questions.
    """
    deadline = time.monotonic() + timeout
    while True:
        asked = time.monotonic()
        value = condition()
        if value:
            return value
        answered = time.monotonic()
        assert answered < deadline, f"not within {timeout} s: {condition}"
        pause = max(SHORTEST_PAUSE, PATIENCE * (answered - asked))
        time.sleep(min(pause, LONGEST_PAUSE))


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a webhook whose signature holds."""
    key = signature.keys_of([secret])[0]
    return {
        "Content-Type": "application/json",
        "X-Signature": signature.sign_plain(body, key),
    }


class Process:
    """One of our programs: start, wait until ready, stop or kill, start again."""

    def __init__(self, module: str, port: int, environ: dict[str, str], log: Path):
        self.module = module
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environ = environ
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> Process:
        """Start it, and wait until it says that it is ready."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **self.environ},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.wait_ready() if wait else self

    def wait_ready(self) -> Process:
        """Wait for `/ready` to answer 200."""
        until(self.is_ready, timeout=START_DEADLINE)
        return self

    def is_ready(self) -> bool:
        """Tell whether `/ready` answers 200."""
        assert self.running, f"{self.module} ended:\n{self.output()[-3000:]}"
        if not accepts("127.0.0.1", self.port):
            return False  # costs a fiftieth of a request that nobody takes
        try:
            return requests.get(f"{self.url}/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    @property
    def running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the process id."""
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        """Return all that it has written."""
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ask it to end, as an operator does; return its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(STOP_DEADLINE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and all its children at once, with no chance to tidy up."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(5)
        self._process = None


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start any of our programs: `start(module, BIND_VARIABLE, **environ)`."""
    yield from _starter(tmp_path)


@pytest.fixture(scope="module")
def start_for_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """As `start`, for programs that all tests of a module share."""
    yield from _starter(tmp_path_factory.mktemp("services"))


def _starter(folder: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def run(
            module: str, bind: str, *, wait: bool = True, **environ: str
        ) -> Process:
            port = free_port()
            log = folder / f"{module}-{port}.log"
            # What a program keeps where it is not told where goes with the test.
            own = {"HOME": str(folder), bind: f"127.0.0.1:{port}"}
            process = Process(module, port, own | environ, log)
            stack.callback(process.kill)
            return process.start(wait=wait)

        yield run


@pytest.fixture
def ingest(start: Start, bus_url: str) -> Process:
    """An ingest service on the test's bus."""
    return start_ingest(start, bus_url)


def start_ingest(start: Start, bus_url: str, **environ: str) -> Process:
    """Start an ingest service, by default with one worker to save time."""
    defaults = {
        "RABBITMQ_URL": bus_url,
        "WEBHOOK_SECRET": SECRET,
        "INGEST_WORKERS": "1",
    }
    return start("ingest_service", "INGEST_BIND", **(defaults | environ))


@pytest.fixture
def supabase(start: Start, tmp_path: Path) -> Process:
    """A Supabase stand-in that sends no webhooks until told where to."""
    return start_supabase(start, tmp_path)


def start_supabase(start: Start, folder: Path, **environ: str) -> Process:
    """Start a Supabase stand-in with its data in `folder`."""
    defaults = {
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
        "VITE_SUPABASE_ANON_KEY": ANON_KEY,
        "WEBHOOK_SECRET": SECRET,
        "SUPABASE_STANDIN_DATA_DIR": str(folder / "supabase"),
        "SUPABASE_STANDIN_WEBHOOK_URL": "",
    }
    return start("devstack.supabase", "SUPABASE_STANDIN_BIND", **(defaults | environ))


@pytest.fixture(scope="module")
def mailgun_for_module(
    start_for_module: Start, tmp_path_factory: pytest.TempPathFactory
) -> Process:
    """A Mailgun stand-in that all tests of a module share, one after the other."""
    return start_mailgun(start_for_module, tmp_path_factory.mktemp("mailgun"))


@pytest.fixture
def mailgun(mailgun_for_module: Process) -> Process:
    """A well Mailgun stand-in with an empty inbox, which tells nobody of its mails."""
    if not mailgun_for_module.running:
        mailgun_for_module.start()
    url = f"{mailgun_for_module.url}/api"
    requests.post(f"{url}/behaviour", json={}, timeout=20).raise_for_status()
    requests.delete(f"{url}/messages", timeout=20).raise_for_status()
    return mailgun_for_module


def start_mailgun(start: Start, folder: Path, **environ: str) -> Process:
    """Start a Mailgun stand-in with its data in `folder`."""
    defaults = {
        "MAILGUN_API_KEY": MAILGUN_KEY,
        "MAILGUN_DOMAIN": DOMAIN,
        "MAILGUN_STANDIN_DATA_DIR": str(folder / "mailgun"),
    }
    return start("devstack.mailgun", "MAILGUN_STANDIN_BIND", **(defaults | environ))


def start_gateway(
    start: Start, bus_url: str, supabase_url: str, folder: Path, **environ: str
) -> Process:
    """Start a gateway with its change log in `folder`."""
    defaults = {
        "RABBITMQ_URL": bus_url,
        "SUPABASE_URL": supabase_url,
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
        "GATEWAY_DATA_DIR": str(folder),
        "ALLOWED_ORIGINS": "http://dashboard.test",
    }
    return start("realtime_gateway", "GATEWAY_BIND", **(defaults | environ))


@pytest.fixture
def gateway(start: Start, bus_url: str, supabase: Process, tmp_path: Path) -> Process:
    """A gateway that knows the users of the stand-in."""
    return start_gateway(start, bus_url, supabase.url, tmp_path / "gateway")


def start_mailer(
    start: Start, bus_url: str, supabase_url: str, mailgun_url: str, **environ: str
) -> Process:
    """Start a mailer."""
    defaults = {
        "RABBITMQ_URL": bus_url,
        "SUPABASE_URL": supabase_url,
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
        "MAILGUN_BASE_URL": mailgun_url,
        "MAILGUN_API_KEY": MAILGUN_KEY,
        "MAILGUN_DOMAIN": DOMAIN,
        "MAILGUN_FROM_EMAIL": f"MeloTech <noreply@{DOMAIN}>",
        "MAIL_SETTLE_SECONDS": "0",
        "MAIL_LOOKUP_TRUSTED_SECONDS": "1",
    }
    return start("mailer_worker", "MAILER_BIND", **(defaults | environ))


@pytest.fixture
def mailer(start: Start, bus_url: str, supabase: Process, mailgun: Process) -> Process:
    """A mailer that knows the users of the stand-in and sends to the other."""
    return start_mailer(start, bus_url, supabase.url, mailgun.url)


@pytest.fixture
def bus(bus_url: str) -> Iterator[Publisher]:
    """A publisher on the test's bus."""
    publisher = Publisher(bus_url, name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    yield publisher
    publisher.close()
