"""Ports that somebody else holds, found before anything is started."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

from devstack.stack.programs import Program


def taken(programs: Sequence[Program]) -> list[str]:
    """Return a sentence for each port that is held: which, and what moves it."""
    return [
        sentence(program.name, variable, host, port)
        for program in programs
        for variable, (host, port) in program.listens.items()
        if is_taken(host, port)
    ]


def sentence(name: str, variable: str, host: str, port: int) -> str:
    """Say that a port is held and how to use another."""
    other = str(port + 100)
    value = other if variable.endswith("_PORT") else f"{host}:{other}"
    return (
        f"port {port} of {name} is held by another process: "
        f"end that, or set {variable}={value} in .env"
    )


def is_taken(host: str, port: int) -> bool:
    """Tell whether nobody could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do: connections that linger from the last run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
