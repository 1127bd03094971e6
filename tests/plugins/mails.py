"""Status changes in, mails out: what the tests of the mailer say and look at."""

from __future__ import annotations

import contextlib
import socket
import threading

import msgspec
import pika
import requests

from shared import events
from shared.amqp.message import Message
from shared.events import ChangeData, ChangeEvent, EmailEvent
from shared.topology import CHANGE_LOG_STREAM, MAILER_DEAD_LETTERS, MAILER_QUEUE


def change(number, *, status="approved", userid, **columns):
    """Return the event of a status change of a made-up submission."""
    row = {"id": f"s-{number}", "title": "T", "userid": userid, "status": status}
    raw = {k: msgspec.Raw(msgspec.json.encode(v)) for k, v in (row | columns).items()}
    return ChangeEvent(
        id=f"evt_{number}",
        source="/test",
        type=events.STATUS_CHANGED,
        subject=f"s-{number}",
        time="2026-11-23T12:00:00.000+00:00",
        data=ChangeData(
            operation="UPDATE",
            submission_id=f"s-{number}",
            artist_id=userid,
            title="T",
            updated_fields=["status"],
            record=raw,
        ),
    )


def publish(bus, event):
    """Put the event on the bus, confirmed."""
    bus.publish(Message.of(event), timeout=10)


def inbox(mailgun):
    """Return the mails that the stand-in has taken."""
    return requests.get(f"{mailgun.url}/api/messages", timeout=20).json()


def behave(mailgun, **switches):
    """Switch how the stand-in answers the next mails."""
    answer = requests.post(f"{mailgun.url}/api/behaviour", json=switches, timeout=20)
    assert answer.status_code < 300


def on_stream(bus_url):
    """Return all events of the stream, read from its beginning."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=100)
    found = []
    for method, _, body in channel.consume(
        CHANGE_LOG_STREAM,
        arguments={"x-stream-offset": "first"},
        inactivity_timeout=0.5,
    ):
        if method is None:
            break
        channel.basic_ack(method.delivery_tag)
        found.append(events.decode(body))
    connection.close()
    return found


def mails_told(bus_url):
    """Return what the bus was told of mails."""
    return [e for e in on_stream(bus_url) if isinstance(e, EmailEvent)]


def dead_letters(bus_url):
    """Take the dead letters, headers and bodies."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    found = []
    while True:
        method, properties, body = channel.basic_get(MAILER_DEAD_LETTERS, auto_ack=True)
        if method is None:
            break
        found.append((properties.headers, body))
    connection.close()
    return found


def waiting(bus_url):
    """Return how many deliveries wait for the mailer."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    count = connection.channel().queue_declare(MAILER_QUEUE, passive=True)
    connection.close()
    return count.method.message_count


@contextlib.contextmanager
def dribbling_server():
    """Answer 500 with a body that comes byte by byte and never ends."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            while True:
                peer, _ = server.accept()
                threading.Thread(target=dribble, args=(peer,)).start()

    def dribble(peer):
        with peer, contextlib.suppress(OSError):
            peer.recv(65_536)
            peer.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n")
            while not ended.wait(0.1):
                peer.sendall(b".")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
