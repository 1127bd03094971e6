"""What a run was measured on: the machine and the versions, without its name."""

from __future__ import annotations

import platform
import re
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pika
import psutil

from devstack.broker.private import PrivateBroker
from devstack.postgres import server_binaries

#: Ours, then those that ours are held against.
LIBRARIES = (
    *("aiohttp", "pika", "gunicorn", "gevent", "Flask", "msgspec", "psycopg"),
    *("requests", "SQLAlchemy", "fastapi", "uvicorn", "aio-pika"),
)
PROGRAM_DEADLINE = 10.0


def machine() -> Mapping[str, str]:
    """Return processor, cores, memory and kernel."""
    return {
        "processor": _processor(),
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
    }


def versions() -> Mapping[str, str]:
    """Return the versions of the servers and of the main libraries.

    Starts a broker to ask it.
    """
    return {
        "Python": platform.python_version(),
        **_broker(),
        **_postgres(),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    text = facts.read_text() if facts.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _broker() -> Mapping[str, str]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        PrivateBroker(Path(folder, "broker")) as broker,
        pika.BlockingConnection(pika.URLParameters(broker.url)) as connection,
    ):
        told: Mapping[str, Any] = connection._impl.server_properties
        return {
            "RabbitMQ": _text(told["version"]),
            "Erlang": _text(told["platform"]).removeprefix("Erlang/OTP "),
        }


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _postgres() -> Mapping[str, str]:
    binaries = server_binaries()
    if binaries is None:
        return {}
    told = subprocess.run(
        [binaries / "postgres", "--version"],
        capture_output=True,
        text=True,
        timeout=PROGRAM_DEADLINE,
        check=True,
    ).stdout
    return {"PostgreSQL": told.split()[2]}
