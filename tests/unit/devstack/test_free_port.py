"""A port is given to one only, and to nobody while somebody listens there."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from devstack import free_port as ports
from devstack.free_port import LOOPBACK, free_port
from tests.plugins.services import ROOT


@pytest.fixture
def three_ports(monkeypatch):
    """The only ones there are."""
    first = free_port()
    while not all(map(is_free, (first + 1, first + 2))):
        first = free_port()
    monkeypatch.setattr(ports, "FIRST", first)
    monkeypatch.setattr(ports, "LAST", first + 2)
    return [first, first + 1, first + 2]


def is_free(port):
    with socket.socket() as probe, socket.socket(type=socket.SOCK_DGRAM) as claim:
        try:
            probe.bind((LOOPBACK, port))
            claim.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def test_port_is_given_once_and_none_that_is_listened_on(three_ports):
    with socket.create_server((LOOPBACK, three_ports[2])):
        assert free_port() == three_ports[1]

        with pytest.raises(RuntimeError, match="no port from"):
            free_port()


def test_port_that_another_process_was_given_is_not_given(three_ports):
    ask = (
        "from devstack import free_port as it;"
        f" it.FIRST = it.LAST = {three_ports[0]}; it.MOST_TRIES = 1; it.free_port()"
    )
    other = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True
    )

    assert other.returncode == 1
    assert "is free" in other.stderr


def test_claims_are_few(monkeypatch):
    monkeypatch.setattr(ports, "MOST_CLAIMS", 3)
    monkeypatch.setattr(ports, "_claims", ports.deque())

    given = [free_port() for _ in range(6)]

    assert [claim.getsockname()[1] for claim in ports._claims] == given[3:]
    for claim in ports._claims:
        claim.close()
