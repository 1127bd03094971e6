"""Where the RabbitMQ of `make run` comes from: a decision, and the facts it needs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from devstack.broker.node import server_program
from devstack.stack.debian import may_install

#: A container engine that needs longer than this to answer is taken for absent.
ENGINE_DEADLINE = 8.0
ADVICE = """\
There is no RabbitMQ to run with. One of these is enough:
  - install the package rabbitmq-server (Debian: sudo apt-get install rabbitmq-server,
    macOS: brew install rabbitmq); you run it, on a port and folder of this project
  - start a Docker engine that you may use
  - set RABBITMQ_URL=amqp://user:password@host:5672/%2F to a broker that runs already"""


class Source(Enum):
    """The ways to a broker, in the order in which they are tried."""

    GIVEN = auto()
    INSTALLED = auto()
    CONTAINER = auto()
    INSTALLABLE = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides: an address that was given, programs, and what we may install."""

    url: str | None
    has_server: bool
    engine_answers: bool
    may_install: bool


def choose(facts: Facts) -> Source:
    """Return the first way that is open."""
    if facts.url:
        return Source.GIVEN
    if facts.has_server:
        return Source.INSTALLED
    if facts.engine_answers:
        return Source.CONTAINER
    if facts.may_install:
        return Source.INSTALLABLE
    return Source.NONE


def gather(environ: Mapping[str, str]) -> Facts:
    """Look at this machine; the engine is asked only where the answer can matter."""
    url = given_url(environ)
    has_server = server_program() is not None
    return Facts(
        url=url,
        has_server=has_server,
        engine_answers=not url and not has_server and _engine_answers(),
        may_install=may_install(),
    )


def given_url(environ: Mapping[str, str]) -> str | None:
    """Return RABBITMQ_URL, or what the file of RABBITMQ_URL_FILE holds."""
    file = environ.get("RABBITMQ_URL_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return environ.get("RABBITMQ_URL") or None


def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    with suppress(subprocess.TimeoutExpired):
        ask = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            timeout=ENGINE_DEADLINE,
            check=False,
        )
        return ask.returncode == 0
    return False
