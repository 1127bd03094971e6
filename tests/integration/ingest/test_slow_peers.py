"""Who is slow is waited for just so long, and nobody waits for them."""

from __future__ import annotations

import contextlib
import json

import pytest

from ingest_service.bodies import LARGE_BYTES
from tests.plugins.services import until
from tests.plugins.webhooks import payload, post
from tests.plugins.wire import line, request, speak

BODY = json.dumps(payload()).encode()
CROWD = 200


@pytest.fixture(scope="module")
def ingest_settings():
    return {"READ_DEADLINE_SECONDS": "1"}


def test_body_that_does_not_come_is_408(ingest):
    answer = speak(ingest.port, request(BODY)[:-5])

    assert answer.problem["status"] == 408


def test_body_that_trickles_is_408_too(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY, length="100000"))
        connection.socket.settimeout(0.1)

        def answer():
            connection.send(b"x")
            with contextlib.suppress(TimeoutError):
                return connection.socket.recv(12)

        assert until(answer) == b"HTTP/1.1 408"


def test_head_that_does_not_come_is_408_and_the_end(ingest):
    with line(ingest.port) as connection:
        connection.send(b"POST /webhook/submission-upd")
        assert connection.answer().problem["status"] == 408
        assert connection.is_ended()


def test_head_that_trickles_is_408_too(ingest):
    with line(ingest.port) as connection:
        connection.send(b"POST / HTTP/1.1\r\nX: ")
        connection.socket.settimeout(0.1)

        def answer():
            connection.send(b"x")
            with contextlib.suppress(TimeoutError):
                return connection.socket.recv(12)

        assert until(answer) == b"HTTP/1.1 408"


def test_second_request_of_a_connection_has_the_same_deadline(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY) + b"POST")
        assert connection.answer().status == 202
        assert connection.answer().status == 408


def test_connection_that_says_nothing_is_ended_without_a_word(ingest):
    with line(ingest.port) as connection:
        assert connection.is_ended()


def test_connection_that_has_served_waits_longer_for_the_next_request(ingest):
    with line(ingest.port) as connection, line(ingest.port) as clock:
        for _ in range(2):
            connection.send(request(BODY))
            assert connection.answer().status == 202
            # As long as a new connection would be waited for.
            assert clock.is_ended()
        connection.send(request(BODY))
        assert connection.answer().status == 202


def test_others_are_served_while_many_connections_are_kept_open(ingest):
    with contextlib.ExitStack() as stack:
        crowd = []
        for _ in range(CROWD):
            # One after the other: who connects and says nothing for long is ended.
            crowd.append(stack.enter_context(line(ingest.port)))
            crowd[-1].send(request(BODY))
            assert crowd[-1].answer().status == 202

        for _ in range(20):
            assert post(ingest, BODY).status_code == 202
        # They were all there while others were served.
        for each in crowd:
            each.send(request(BODY))
        assert {each.answer().status for each in crowd} == {202}


def test_large_bodies_that_do_not_come_leave_room_for_small_ones(ingest):
    head = request(BODY, length=str(LARGE_BYTES + 1))
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(line(ingest.port)) for _ in range(CROWD)]
        for each in crowd:
            each.send(head)

        for _ in range(20):
            assert post(ingest, BODY).status_code == 202
        assert {each.answer().status for each in crowd} == {408}


def test_others_are_served_while_many_are_in_mid_request(ingest):
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(line(ingest.port)) for _ in range(CROWD)]
        for number, each in enumerate(crowd):
            each.send(request(BODY)[: -5 if number % 2 else 30])

        assert post(ingest, BODY).status_code == 202
        assert {each.answer().status for each in crowd} == {408}
