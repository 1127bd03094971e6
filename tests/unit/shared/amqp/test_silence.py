"""A connection is ended when nothing has come for several looks in a row."""

from __future__ import annotations

import pytest

from shared.amqp.silence import MOST_SILENT_LOOKS, Silence


class Loop:
    def __init__(self):
        self.due = []

    def call_later(self, delay, callback):
        self.due.append(callback)

    def turn(self):
        due, self.due = self.due, []
        for callback in due:
            callback()


class Connection:
    def __init__(self):
        self.bytes_received = 100
        self.is_closed = False
        self.ended_with = []

    def _terminate_stream(self, error):
        self.ended_with.append(str(error))


@pytest.fixture
def watched():
    loop, connection = Loop(), Connection()
    Silence(connection, loop).watch()
    return loop, connection


def test_silent_connection_is_ended_once(watched):
    loop, connection = watched
    for _ in range(MOST_SILENT_LOOKS - 1):
        loop.turn()
    assert connection.ended_with == []

    for _ in range(5):
        loop.turn()

    assert connection.ended_with == ["the node has fallen silent"]


def test_a_byte_now_and_then_keeps_it(watched):
    loop, connection = watched
    for number in range(50):
        if number % (MOST_SILENT_LOOKS - 1) == 0:
            connection.bytes_received += 1
        loop.turn()

    assert connection.ended_with == []


def test_closed_connection_is_no_longer_watched(watched):
    loop, connection = watched
    connection.is_closed = True

    loop.turn()

    assert loop.due == []
