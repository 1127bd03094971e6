"""The mailer with a real broker, a Supabase and a Mailgun that answer over HTTP."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import msgspec
import pika
import pytest
import requests

from shared import events
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher
from shared.events import ChangeData, ChangeEvent, EmailEvent
from shared.topology import CHANGE_LOG_STREAM, MAILER_DEAD_LETTERS, MAILER_QUEUE
from tests.plugins.services import (
    MAILGUN_KEY,
    SERVICE_KEY,
    start_mailer,
    until,
)


@pytest.fixture
def bus(bus_url):
    publisher = Publisher(bus_url, name="test")
    publisher.start()
    assert publisher.wait_ready(30)
    yield publisher
    publisher.close()


def change(number, *, status="approved", userid, **columns):
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
    bus.publish(Message.of(event), timeout=10)


def users_id(supabase, address):
    return requests.get(
        f"{supabase.url}/rest/v1/users",
        params={"select": "id", "email": f"eq.{address}"},
        headers={"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"},
        timeout=5,
    ).json()[0]["id"]


@pytest.fixture
def ada(supabase):
    return users_id(supabase, "ada@melotech.test")


def inbox(mailgun):
    return requests.get(f"{mailgun.url}/api/messages", timeout=5).json()


def behave(mailgun, **switches):
    answer = requests.post(f"{mailgun.url}/api/behaviour", json=switches, timeout=5)
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
    return [e for e in on_stream(bus_url) if isinstance(e, EmailEvent)]


def dead_letters(bus_url):
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


def test_artist_gets_one_mail_and_the_admins_are_told(
    mailer, mailgun, bus, bus_url, ada
):
    publish(bus, change(1, userid=ada, feedback="Great <b>bass</b>"))

    mail = until(lambda: inbox(mailgun))[0]

    assert mail["to"] == "ada@melotech.test"
    assert "T" in mail["subject"]
    assert "Great <b>bass</b>" in mail["text"]
    assert "Great &lt;b&gt;bass&lt;/b&gt;" in mail["html"]
    assert mail["variables"]["event_id"] == "evt_1"
    assert "evt_1" in json.dumps(mail["headers"])
    assert mail["tags"] == ["status-approved"]
    told = until(lambda: mails_told(bus_url))[0]
    assert told.type == "email.accepted"
    assert told.data.submission_id == "s-1"
    assert told.data.recipient == "a***@melotech.test"


@pytest.mark.parametrize("status", ["pending", "in-review", "accepted", "rejected"])
def test_each_status_has_its_mail(mailer, mailgun, bus, ada, status):
    publish(bus, change(1, userid=ada, status=status))

    assert until(lambda: inbox(mailgun))[0]["html"]


def test_rows_own_address_wins(mailer, mailgun, bus, ada):
    publish(bus, change(1, userid=ada, email="own@artist.test"))

    assert until(lambda: inbox(mailgun))[0]["to"] == "own@artist.test"


def test_artist_without_an_address_in_users_is_found_in_auth(
    mailer, mailgun, bus, supabase, ada
):
    answer = requests.patch(
        f"{supabase.url}/rest/v1/users",
        params={"id": f"eq.{ada}"},
        headers={"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"},
        json={"email": None},
        timeout=5,
    )
    assert answer.status_code < 300
    publish(bus, change(1, userid=ada))

    assert until(lambda: inbox(mailgun))[0]["to"] == "ada@melotech.test"


def test_status_without_a_mail_is_skipped_and_told(mailer, mailgun, bus, bus_url, ada):
    publish(bus, change(1, userid=ada, status="archived"))

    told = until(lambda: mails_told(bus_url))[0]

    assert told.type == "email.skipped"
    assert "archived" in told.data.reason
    assert inbox(mailgun) == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"mode": "status", "status": 500, "times": 1},
        {"mode": "status", "status": 429, "times": 1},
        {"mode": "status", "status": 401, "times": 1},
        {"mode": "drop", "times": 1},
    ],
)
def test_passing_trouble_is_tried_again_and_ends_in_one_mail(
    mailer, mailgun, bus, bus_url, ada, trouble
):
    behave(mailgun, **trouble)
    publish(bus, change(1, userid=ada))

    until(lambda: inbox(mailgun))

    until(lambda: mails_told(bus_url))
    assert len(inbox(mailgun)) == 1
    assert dead_letters(bus_url) == []


def test_mail_that_can_never_be_sent_is_a_dead_letter_with_its_reason(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="status", status=400, times=1)
    publish(bus, change(1, userid=ada))

    headers, body = until(lambda: dead_letters(bus_url))[0]

    assert "400" in headers["x-melotech-reason"]
    assert headers["x-melotech-attempt"] == 1
    assert events.decode(body).id == "evt_1"
    told = until(lambda: mails_told(bus_url))[0]
    assert told.type == "email.failed"
    assert "400" in told.data.reason


def test_artist_whom_nobody_knows_is_a_dead_letter_with_its_reason(
    mailer, bus, bus_url
):
    publish(bus, change(1, userid="00000000-0000-4000-8000-00000000dead"))

    headers, _ = until(lambda: dead_letters(bus_url))[0]

    assert "no mail address" in headers["x-melotech-reason"]


def test_poison_does_not_stop_the_line(mailer, mailgun, bus, bus_url, ada):
    record = b'{"id":"s","status":"approv\xffed"}'
    half = events.encode(change(9, userid=ada)).partition(b'"record":')[0]
    bad_text = half + b'"record":' + record + b',"old_record":null}}'
    poison = (b"\xff\xfe not json", b'{"type":"email.accepted"}', bad_text)
    for body in poison:
        bus.publish(
            Message(body=body, message_id="p", routing_key="submission.status-changed"),
            timeout=10,
        )
    publish(bus, change(1, userid=ada))

    assert until(lambda: inbox(mailgun))
    found = []
    until(lambda: found.extend(dead_letters(bus_url)) or len(found) == 3)
    assert all(headers["x-melotech-reason"] for headers, _ in found)


def test_supabase_that_is_away_delays_the_mail_and_loses_it_not(
    start, bus, bus_url, supabase, mailgun, ada
):
    supabase.kill()
    mailer = start_mailer(start, bus_url, supabase.url, mailgun.url)
    publish(bus, change(1, userid=ada))
    until(lambda: "retried" in mailer.output())
    supabase.start()

    assert until(lambda: inbox(mailgun))[0]["to"] == "ada@melotech.test"


def test_wrong_key_makes_the_mailer_unhealthy_until_it_is_mended(
    start, mailer, mailgun, bus, ada
):
    behave(mailgun, mode="status", status=401, times=1)
    publish(bus, change(1, userid=ada))

    def health():
        return requests.get(f"{mailer.url}/health", timeout=5)

    until(lambda: health().status_code == 503)
    assert "401" in health().json()["reason"]
    until(lambda: inbox(mailgun))
    assert until(lambda: health().status_code == 200)


def test_mails_of_one_submission_keep_their_order(mailer, mailgun, bus, ada):
    statuses = ["in-review", "approved", "rejected", "pending"] * 3
    for number, status in enumerate(statuses):
        event = msgspec.structs.replace(
            change(0, userid=ada, status=status), id=f"evt_{number}"
        )
        publish(bus, event)

    mails = until(lambda: len(inbox(mailgun)) == len(statuses) and inbox(mailgun))

    assert [m["variables"]["event_id"] for m in mails] == [
        f"evt_{n}" for n in range(len(statuses))
    ]


def waiting(bus_url):
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    count = connection.channel().queue_declare(MAILER_QUEUE, passive=True)
    connection.close()
    return count.method.message_count


def test_sigterm_finishes_the_calls_under_way_and_leaves_nothing_to_send_twice(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="hang", seconds=1, times=5)
    for number in range(5):
        publish(bus, change(number, userid=ada))

    def all_under_way():
        switches = requests.get(f"{mailgun.url}/api/behaviour", timeout=5).json()
        return switches["mode"] == "ok"

    until(all_under_way)

    assert mailer.stop() == 0
    assert len(inbox(mailgun)) == 5
    assert waiting(bus_url) == 0
    assert len(mails_told(bus_url)) == 5


def test_mailgun_that_dribbles_is_not_waited_for_without_end(
    start, bus, bus_url, supabase, ada
):
    with dribbling_server() as url:
        mailer = start_mailer(
            start, bus_url, supabase.url, url, MAILGUN_TIMEOUT_SECONDS="1"
        )
        publish(bus, change(1, userid=ada))

        until(lambda: "retried" in mailer.output())
        assert mailer.stop() == 0


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


def test_mail_that_asked_nobody_does_not_make_a_refused_mailer_healthy(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="status", status=401)
    publish(bus, change(1, userid=ada))

    def health():
        return requests.get(f"{mailer.url}/health", timeout=5).status_code

    until(lambda: health() == 503)
    publish(bus, change(2, userid=ada, status="archived"))
    until(lambda: mails_told(bus_url))

    assert health() == 503


def test_no_address_no_key_and_no_content_is_logged(mailer, mailgun, bus, ada):
    publish(bus, change(1, userid=ada, title="a title of a track"))
    until(lambda: inbox(mailgun))
    mailer.stop()
    told = mailer.output()

    assert "delivery.settled" in told
    for hidden in ("ada@melotech.test", MAILGUN_KEY, SERVICE_KEY, "a title of a track"):
        assert hidden not in told
    for line in told.splitlines():
        json.loads(line)
