"""The loop that pika runs on where threads are greenlets."""

from __future__ import annotations

import socket

import gevent
import pytest
from gevent.event import Event

from shared.amqp.greenlets import GreenletLoop

SOON = 5


@pytest.fixture
def loop():
    loop = GreenletLoop()
    yield loop
    loop.close()


@pytest.fixture
def running(loop):
    greenlet = gevent.spawn(loop.start)
    yield greenlet
    loop.stop()
    greenlet.join(SOON)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def test_handler_is_called_when_bytes_come_and_not_once_it_is_removed(
    loop, running, ends
):
    ours, theirs = ends
    came = Event()
    heard = []

    def read(fd, events):
        heard.append((ours.recv(10), events))
        came.set()

    loop.add_handler(ours.fileno(), read, loop.READ)
    theirs.send(b"one")
    came.wait(SOON)
    loop.remove_handler(ours.fileno())
    theirs.send(b"two")
    gevent.sleep(0)

    assert heard == [(b"one", loop.READ)]


def test_room_to_write_is_told_only_while_it_is_asked_for(loop, running, ends):
    ours, _ = ends
    told = Event()
    heard = []

    def write(fd, events):
        heard.append(events)
        loop.update_handler(fd, loop.READ)
        told.set()

    loop.add_handler(ours.fileno(), write, loop.READ)
    loop.update_handler(ours.fileno(), loop.READ | loop.WRITE)
    told.wait(SOON)
    gevent.sleep(0)

    assert heard == [loop.WRITE]


def test_callbacks_run_in_order_and_outside_the_hub(loop, running):
    done = Event()
    ran = []

    def wait():
        gevent.sleep(0)  # a callback of the hub itself must not
        ran.append("first")

    loop.add_callback(wait)
    loop.add_callback_threadsafe(lambda: ran.append("second"))
    loop.add_callback(done.set)
    done.wait(SOON)

    assert ran == ["first", "second"]


def test_timer_runs_out_once_and_never_after_it_was_removed(loop, running):
    done = Event()
    ran = []

    removed = loop.call_later(0.01, lambda: ran.append("removed"))
    loop.call_later(0.02, lambda: ran.append("kept"))
    loop.call_later(0.03, done.set)
    loop.remove_timeout(removed)
    done.wait(SOON)

    assert ran == ["kept"]


def test_what_a_callback_raises_ends_the_loop_and_is_its_answer(loop):
    greenlet = gevent.spawn(loop.start)

    def fail():
        raise LookupError("of a callback")

    loop.add_callback(fail)
    with pytest.raises(LookupError):
        greenlet.get(timeout=SOON)


def test_loop_that_was_stopped_before_its_start_ends_at_once(loop):
    loop.stop()

    gevent.spawn(loop.start).get(timeout=SOON)
