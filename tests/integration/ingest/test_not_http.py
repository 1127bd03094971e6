"""What is no request at all, or far too much of one: a problem, and the end."""

from __future__ import annotations

import json
import ssl

import pytest

from tests.plugins.services import until
from tests.plugins.webhooks import payload, standard_headers
from tests.plugins.wire import line, request, speak

BODY = json.dumps(payload()).encode()


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="ingest")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x00\x01\x02\xff\xfe\r\n\r\n", 400),
        (client_hello() + b"\r\n\r\n", 400),
        (b"GET /a\x00b HTTP/1.1\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        ("GET /é HTTP/1.1\r\n\r\n".encode(), 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na@b.test: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\r\n a@b.test\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 65 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + (b"X: " + b"y" * 4_000 + b"\r\n") * 64, 431),
    ],
)
def test_what_is_no_request_is_a_problem_and_the_end(ingest, sent, status):
    with line(ingest.port) as connection:
        connection.send(sent)

        assert connection.answer().problem["status"] == status
        assert connection.is_ended()


def test_line_about_it_has_its_request_id_and_none_of_its_bytes(ingest):
    def refuse():
        sent = b"GET /a@b.test HTTP/1.1\r\na title of a track\r\n\r\n"
        request_id = speak(ingest.port, sent).problem["request_id"]
        return [each for each in ingest.output().splitlines() if request_id in each]

    # Not every one is told, when there are many.
    (told,) = until(refuse)
    said = json.loads(told)
    assert said["event"] == "connection.refused"
    assert said["status"] == 400
    assert "a@b.test" not in told


def test_broken_requests_without_number_are_told_in_few_lines(ingest):
    for _ in range(60):
        assert speak(ingest.port, b"hello\r\n\r\n").status == 400

    assert ingest.output().count("connection.refused") < 60


def test_websocket_is_not_spoken_here(ingest):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    told = request(method="GET", target="/ws/admin", headers=upgrade)
    assert speak(ingest.port, told).problem["status"] == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "\xff\xfe"),
        ("webhook-id", "x" * 5_000),
        ("webhook-timestamp", "9" * 5_000),
        ("webhook-timestamp", "\xb2\xb3"),
        ("webhook-signature", "v1,\xe9"),
        ("webhook-signature", "v1,AAAA " * 1_000),
        ("webhook-signature", " " * 5_000 + ","),
        ("X-Signature", "\xe9" * 64),
        ("X-Change-Sequence", "\xb2"),
        ("traceparent", "\xff" * 55),
        ("Content-Type", "application/json; charset=\xff"),
        ("Content-Type", "application/json;" + ";" * 4_000),
        ("X-Forwarded-For", "\xff, " * 1_000),
        ("SCRIPT_NAME", "/elsewhere"),
        ("X-Forwarded-Proto", "\xff"),
    ],
)
def test_headers_of_any_bytes_are_answered(ingest, name, value):
    headers = standard_headers(BODY) | {"X-Signature": "00"} | {name: value}

    answer = speak(ingest.port, request(BODY, headers=headers))

    assert answer.status in {202, 401, 415}


def test_peer_that_goes_in_mid_request_is_let_go_without_a_word(ingest):
    before = ingest.output().count("\n")
    for piece in (b"", b"PO", request(BODY)[:80], request(BODY)[:-5]):
        with line(ingest.port) as connection:
            connection.send(piece)
    marker = speak(ingest.port, request(BODY)).headers["x-request-id"]

    until(lambda: marker in ingest.output())
    told = ingest.output().splitlines()[before:]
    assert not [each for each in told if "connection." in each]
