"""The reading side of a connection: which wait has which end."""

import socket

import pytest
from gunicorn.http.errors import LimitRequestHeaders

from ingest_service.incoming import CONTINUE, MAX_HEAD_BYTES, WRITE_DEADLINE, Incoming

LONG = 60.0


def trickle(peer, incoming, *, pieces):
    for _ in range(pieces):
        peer.send(b"x")
        assert incoming.recv(1) == b"x"


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def incoming(pair):
    return Incoming(pair[0])


def test_silence_ends_with_the_deadline_and_writing_has_its_own(pair, incoming):
    incoming.await_request(idle=0.01, head=LONG)

    with pytest.raises(TimeoutError):
        incoming.recv(10)
    assert incoming.is_idle
    assert pair[0].gettimeout() == WRITE_DEADLINE


def test_first_byte_begins_the_head_and_its_deadline(pair, incoming):
    incoming.await_request(idle=LONG, head=0.01)
    pair[1].send(b"P")

    assert incoming.recv(10) == b"P"
    assert not incoming.is_idle
    with pytest.raises(TimeoutError):
        incoming.recv(10)


def test_deadline_is_for_the_whole_and_not_for_each_piece(pair, incoming):
    incoming.await_body(0.01)

    with pytest.raises(TimeoutError):
        trickle(pair[1], incoming, pieces=1_000_000)


def test_head_without_end_is_refused_and_a_body_as_long_is_not(pair, incoming):
    incoming.await_head(LONG)
    with pytest.raises(LimitRequestHeaders):
        trickle(pair[1], incoming, pieces=MAX_HEAD_BYTES + 1)

    incoming.await_body(LONG)
    trickle(pair[1], incoming, pieces=MAX_HEAD_BYTES + 1)


def test_peer_is_asked_for_the_body_once_and_only_when_it_is_read(pair, incoming):
    incoming.await_body(LONG, ask=True)
    pair[1].send(b"body")

    assert incoming.recv(2) + incoming.recv(2) == b"body"
    incoming.forgo_body()
    pair[1].send(b"more")
    assert incoming.recv(4) == b"more"
    assert pair[1].recv(100) == CONTINUE


def test_body_that_was_not_asked_for_is_not_waited_for(incoming):
    incoming.await_body(LONG, ask=True)
    incoming.forgo_body()

    with pytest.raises(TimeoutError):
        incoming.recv(1)


def test_what_has_come_is_still_read_after_the_end_and_then_nothing(pair, incoming):
    incoming.await_request(idle=LONG, head=LONG)
    pair[1].send(b"POST")
    incoming.end()

    assert incoming.recv(10) == b"POST"
    assert incoming.recv(10) == b""
