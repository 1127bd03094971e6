"""Where a request begins and ends: no two readers may come to differ about it."""

from __future__ import annotations

import json
import socket

import pytest

from tests.plugins.webhooks import UPDATE, payload
from tests.plugins.wire import line, request, speak

BODY = json.dumps(payload()).encode()


def chunked(*pieces, end=b"0\r\n\r\n", headers=None):
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    told = {"Transfer-Encoding": "chunked"} | (headers or {})
    signed = b"".join(pieces) if headers is None else b""
    return request(signed, headers=told, length=None).removesuffix(signed) + body + end


def test_body_in_chunks_is_taken(ingest):
    whole = chunked(BODY[:10], BODY[10:])

    assert speak(ingest.port, whole).status == 202


@pytest.mark.parametrize(
    "broken",
    [
        b"zz\r\n",
        b"-5\r\nabcde\r\n",
        b"+5\r\nabcde\r\n",
        b"0x5\r\nabcde\r\n",
        b"5 \r\nabcdefgh\r\n",
        b"5\r\nabcdefgh\r\n0\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b"ffffffffffffffffffffffff\r\nabc",
        b"5" * 5_000 + b"\r\n",
        b"5;" + b"x" * 40_000 + b"\r\nabcde\r\n0\r\n\r\n",
    ],
)
def test_broken_chunks_are_400_or_too_large(ingest, broken):
    head = request(headers={"Transfer-Encoding": "chunked"}, length=None)

    with line(ingest.port) as connection:
        connection.send(head + broken)
        connection.socket.shutdown(socket.SHUT_WR)
        answer = connection.answer()

    assert answer.status in {400, 413}
    assert answer.problem["detail"]


def test_body_that_does_not_end_is_413(ingest):
    head = request(headers={"Transfer-Encoding": "chunked"}, length=None)

    with line(ingest.port) as connection:
        connection.send(head)
        for _ in range(40):
            connection.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert connection.answer().status == 413
        assert connection.is_ended()


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("-1", 400),
        ("+5", 400),
        ("0x10", 400),
        ("5, 5", 400),
        ("1e3", 400),
        ("\xb2", 400),
        ("", 400),
        ("9" * 5_000, 400),
        ("9" * 30, 413),
        ("2000000", 413),
    ],
)
def test_length_that_is_none_or_too_large_is_refused(ingest, length, status):
    assert speak(ingest.port, request(BODY, length=length)).problem["status"] == status


def test_length_that_says_too_little_leaves_a_wrong_signature_and_no_request(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY, length=str(len(BODY) - 5)) + b"\r\n")
        assert connection.answer().status == 401
        # The rest is not taken for a request.
        assert connection.answer().status == 400
        assert connection.is_ended()


def test_length_that_says_too_much_is_400_when_the_peer_ends(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY, length=str(len(BODY) + 5)))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Transfer-Encoding": "chunked"},
        {"Content-length": "5"},
        {"Transfer-Encoding": "chunked, chunked", "Content-Length": "0"},
        {"Transfer-Encoding": "identity"},
        {"Transfer-Encoding": "gzip"},
        {"Transfer-Encoding ": "chunked"},
        {"Transfer-Encoding": "\x0bchunked"},
        {"X\r\nTransfer-Encoding": "chunked"},
    ],
)
def test_two_ways_to_tell_the_length_are_refused_and_end_the_connection(
    ingest, headers
):
    with line(ingest.port) as connection:
        connection.send(request(BODY, headers=headers))
        assert connection.answer().problem["status"] == 400
        assert connection.is_ended()


def test_unknown_transfer_coding_is_501(ingest):
    answer = speak(ingest.port, request(headers={"Transfer-Encoding": "x"}))

    assert answer.problem["status"] == 501


def test_expectation_is_met_when_the_body_is_wanted(ingest):
    whole = request(BODY, headers={"Expect": "100-continue"})

    with line(ingest.port) as connection:
        connection.send(whole.removesuffix(BODY))
        assert connection.answer().status == 100
        connection.send(BODY)
        assert connection.answer().status == 202
        connection.send(request(BODY))
        assert connection.answer().status == 202


def test_body_that_comes_unasked_for_ends_nothing(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY, headers={"Expect": "100-continue"}) * 2)
        assert connection.answer().status == 202
        assert connection.answer().status == 202
        connection.send(request(BODY))
        assert connection.answer().status == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Length": "2000000"}, 413), ({"X-Signature": ""}, 401)],
)
def test_body_that_will_be_refused_is_not_asked_for(ingest, headers, status):
    told = {"Expect": "100-continue", "Content-Length": "5"} | headers

    with line(ingest.port) as connection:
        connection.send(request(headers=told, length=None))
        assert connection.answer().problem["status"] == status
        assert connection.is_ended()


def test_other_expectations_are_417(ingest):
    answer = speak(ingest.port, request(BODY, headers={"Expect": "200-ok"}))

    assert answer.problem["status"] == 417


def test_requests_in_one_go_are_answered_in_order(ingest):
    with line(ingest.port) as connection:
        whole = [
            request(BODY),
            request(method="GET", target="/health"),
            request(BODY, headers={"X-Signature": "00"}),
            chunked(BODY),
            request(method="GET", target="/nothing"),
        ]
        connection.send(b"".join(whole))

        told = [connection.answer().status for _ in whole]
    assert told == [202, 200, 401, 202, 404]


def test_older_http_is_served_and_its_connection_ended(ingest):
    with line(ingest.port) as connection:
        connection.send(request(BODY, version="1.0"))
        assert connection.answer().status == 202
        assert connection.is_ended()


def test_absolute_address_leads_to_the_same_place(ingest):
    assert speak(ingest.port, request(BODY, target=f"http://x{UPDATE}")).status == 202
    assert speak(ingest.port, request(BODY, target="http://x/nothing")).status == 404
