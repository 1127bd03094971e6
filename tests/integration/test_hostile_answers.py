"""Answers of Mailgun's that no server should give: what they say of the mail."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mailer_worker.mail import Mail
from mailer_worker.mailgun.connections import Sessions
from mailer_worker.mailgun.messages import Messages
from shared.errors import Transient, Uncertain

LAST_BYTES = b"%3Ce%40mg.test%3E"
MAIL = Mail(
    to="ada@a.test",
    subject="s",
    text="t",
    html="h",
    tag="status-approved",
    event_id="e",
    submission_id="s-1",
    message_id="<e@mg.test>",
)


@contextlib.contextmanager
def answering(
    *answers: bytes,
    send: Callable[[socket.socket, bytes], None] = socket.socket.sendall,
) -> Iterator[str]:
    """Serve one connection for each answer: take a mail, answer it, hang up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            for answer in answers:
                peer, _ = server.accept()
                with peer:
                    taken = b""
                    while LAST_BYTES not in taken:
                        taken += peer.recv(65_536)
                    send(peer, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
        thread.join(5)


def messages(url: str, *, timeout: float = 2) -> Messages:
    return Messages(
        Sessions("key", base_url=url),
        base_url=url,
        domain="mg.test",
        sender="m@mg.test",
        timeout=timeout,
    )


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


TAKEN = answer("200 OK", body=b'{"id": "<1@mg.test>"}')


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 102 Processing\r\n\r\n" + TAKEN,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + TAKEN,
        answer("202 Accepted"),
        answer("200 OK", *["X: a"] * 500),
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        b"\0\xff\r\n\r\n",
    ],
)
def test_answer_that_may_mean_that_the_mail_was_taken_leaves_it_in_doubt(told):
    with answering(told) as url, pytest.raises(Uncertain):
        messages(url).send(MAIL)


def test_rest_of_an_answer_is_not_taken_for_the_next_mails():
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with answering(early + TAKEN, answer("500 Oops")) as url:
        mailgun = messages(url)
        with pytest.raises(Uncertain):
            mailgun.send(MAIL)

        with pytest.raises(Transient):
            mailgun.send(MAIL)


@pytest.mark.parametrize("place", ["http://[::1", "/", "http://127.0.0.1:9/"])
def test_redirect_is_not_followed_wherever_it_leads(place):
    told = answer("302 Found", f"Location: {place}")
    with answering(told) as url, pytest.raises(Transient):
        messages(url).send(MAIL)


@pytest.mark.parametrize("spelled", [rb"a\u0000b", rb"a\ud800b", b"", b"\xff"])
def test_mail_is_taken_whatever_its_id_looks_like(spelled):
    told = answer("200 OK", body=b'{"id": "' + spelled + b'"}')
    with answering(told) as url:
        assert messages(url).send(MAIL) == MAIL.message_id


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 "])
def test_head_that_dribbles_is_not_waited_for_without_end(head):
    def dribble(peer: socket.socket, _: bytes) -> None:
        peer.sendall(head)
        for _ in range(100):
            time.sleep(0.1)
            peer.sendall(b"1")

    began = time.monotonic()
    with answering(b"", send=dribble) as url, pytest.raises(Uncertain):
        messages(url, timeout=0.5).send(MAIL)

    assert time.monotonic() - began < 3


def test_answer_within_bounds_leaves_its_connection_for_the_next_mail():
    def twice(peer: socket.socket, answer: bytes) -> None:
        peer.sendall(answer)
        taken = b""
        while LAST_BYTES not in taken:
            taken += peer.recv(65_536)
        peer.sendall(answer)

    with answering(TAKEN, send=twice) as url:
        mailgun = messages(url)

        assert [mailgun.send(MAIL) for _ in range(2)] == ["<1@mg.test>"] * 2
