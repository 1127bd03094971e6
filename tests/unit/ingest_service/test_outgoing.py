"""The writing side of a connection: one write, and an end to its wait."""

import socket

import pytest

from ingest_service import wire_errors
from ingest_service.outgoing import MAX_JOINED_BYTES, Outgoing


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        yield ours, theirs


def test_answer_goes_out_at_the_flush_and_not_before(pair):
    outgoing = Outgoing(pair[0])
    pair[1].settimeout(0.0)

    outgoing.sendall(b"head")
    with pytest.raises(BlockingIOError):
        pair[1].recv(10)

    outgoing.sendall(b"body")
    outgoing.flush()
    assert pair[1].recv(10) == b"headbody"


def test_answer_that_is_not_taken_is_not_followed_by_another_one(pair):
    outgoing = Outgoing(pair[0])
    # What fits is with the peer's system before anybody takes it.
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)

    with pytest.raises(ConnectionAbortedError) as raised:
        outgoing.sendall(b"x" * 100 * MAX_JOINED_BYTES)

    assert wire_errors.told_of(raised.value) is None
