"""The broker's users at work: each does its own, and is refused what is not."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit, urlunsplit

import pika
import pika.exceptions
import pytest
import requests

from deploy.definitions import layout, logins
from deploy.users import USERS
from devstack.broker.private import PrivateBroker
from shared.topology import (
    CHANGE_LOG_STREAM,
    EXCHANGE,
    MAILER_DEAD_LETTERS,
    MAILER_OUTCOMES,
    MAILER_QUEUE,
    TOPOLOGY,
    lock_of,
)
from tests.plugins.broker import server_program, unavailable
from tests.plugins.mails import inbox
from tests.plugins.operator import Operator
from tests.plugins.services import (
    SERVICE_KEY,
    signed,
    start_gateway,
    start_ingest,
    start_mailer,
    start_mailgun,
    start_supabase,
    until,
)

PASSWORDS = {user.name: f"password-of-{user.name}" for user in USERS}
NAMES = tuple(PASSWORDS)
QUEUES = tuple(queue.name for queue in TOPOLOGY.queues)
READS = {
    "gateway": {CHANGE_LOG_STREAM},
    "mailer": {MAILER_QUEUE, MAILER_OUTCOMES},
    "operator": {MAILER_DEAD_LETTERS},
}
SENDS = {
    "ingest": {"submission.updated", "email.delivered"},
    "relay": {"submission.updated"},
    "mailer": {"email.delivered"},
    "operator": {"email.delivered"},
}
ARTIST = "11111111-1111-1111-1111-111111111111"
BODY = (
    b'{"type":"UPDATE","table":"submissions","schema":"public",'
    b'"record":{"id":"s-1","userid":"%(artist)s","title":"T","status":"approved"},'
    b'"old_record":{"id":"s-1","userid":"%(artist)s","title":"T","status":"pending"}}'
)


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    """A broker that has loaded the definitions; its queues are declared by nobody."""
    if server_program() is None:
        unavailable()
    folder = tmp_path_factory.mktemp("broker-with-rights")
    broker = PrivateBroker(folder, also={**logins(PASSWORDS), **layout()})
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def url_of(bus, user):
    parts = urlsplit(bus.url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{PASSWORDS[user]}@{host}"))


def may(bus, user, act):
    """Tell whether the broker lets the user do it."""
    connection = pika.BlockingConnection(pika.URLParameters(url_of(bus, user)))
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=1)
        act(channel)
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != 403:
            raise
        return False
    finally:
        connection.close()
    return True


def allowed(bus, user, things, act):
    return {thing for thing in things if may(bus, user, partial(act, thing))}


@pytest.mark.parametrize("user", NAMES)
def test_user_consumes_its_own_queues_and_no_other(bus, user):
    def consume(queue, channel):
        channel.basic_consume(queue, lambda *_: None)

    assert allowed(bus, user, QUEUES, consume) == READS.get(user, set())


@pytest.mark.parametrize("user", NAMES)
def test_user_publishes_its_own_types_of_events_and_no_other(bus, user):
    def publish(routing_key, channel):
        channel.basic_publish(EXCHANGE, routing_key, b"{}")

    types = ("submission.updated", "email.delivered", "anything.else")
    assert allowed(bus, user, types, publish) == SENDS.get(user, set())


@pytest.mark.parametrize("user", NAMES)
def test_only_the_mailer_and_its_tools_reach_a_queue_by_its_name(bus, user):
    reached = may(bus, user, lambda ch: ch.basic_publish("", MAILER_DEAD_LETTERS, b""))

    assert reached is (user in {"mailer", "operator"})


@pytest.mark.parametrize("user", NAMES)
def test_user_deletes_purges_and_rebinds_nothing(bus, user):
    def delete(queue, channel):
        channel.queue_delete(queue)

    def unbind(queue, channel):
        channel.queue_unbind(queue, EXCHANGE, routing_key="#")

    assert allowed(bus, user, QUEUES, delete) == set()
    assert allowed(bus, user, QUEUES, unbind) == set()
    assert not may(bus, user, lambda ch: ch.exchange_delete(EXCHANGE))
    assert not may(bus, user, lambda ch: ch.queue_declare("another", durable=True))


@pytest.mark.parametrize("user", NAMES)
def test_only_the_operator_takes_the_lock_of_the_dead_letters(bus, user):
    lock = lock_of(MAILER_DEAD_LETTERS)

    taken = may(
        bus, user, lambda ch: ch.queue_declare(lock, exclusive=True, auto_delete=True)
    )

    assert taken is (user == "operator")


def empty(bus):
    """Take away what is no event; of the stream that cannot be done."""
    connection = pika.BlockingConnection(pika.URLParameters(bus.url))
    channel = connection.channel()
    for queue in QUEUES[1:]:
        channel.queue_purge(queue)
    connection.close()


def test_services_do_their_work_with_their_own_users(bus, start, tmp_path):
    empty(bus)
    supabase = start_supabase(start, tmp_path)
    mailgun = start_mailgun(start, tmp_path)
    ingest = start_ingest(start, url_of(bus, "ingest"))
    folder = tmp_path / "gateway"
    gateway = start_gateway(start, url_of(bus, "gateway"), supabase.url, folder)
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    mailer = start_mailer(
        start,
        url_of(bus, "mailer"),
        supabase.url,
        mailgun.url,
        MAILER_DATABASE_URL=ledger,
    )
    body = BODY % {b"artist": ARTIST.encode()}
    headers = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}
    requests.post(
        f"{supabase.url}/rest/v1/users",
        headers=headers,
        json={"id": ARTIST, "email": "sample@artist.test", "name": "Sample"},
        timeout=5,
    ).raise_for_status()

    answer = requests.post(
        f"{ingest.url}/webhook/submission-update",
        data=body,
        headers=signed(body),
        timeout=10,
    )

    assert answer.status_code == 202, answer.text
    assert "queued" not in answer.json()
    until(lambda: inbox(mailgun))
    until(lambda: "delivery.settled" in mailer.output())
    for service in (ingest, gateway, mailer):
        assert "broker.lost" not in service.output()
        assert "broker.incomplete" not in service.output()
    health = requests.get(f"{gateway.url}/health", timeout=5).json()
    assert health["broker"]["mailer"]["consumers"] == 1
    tools = Operator(RABBITMQ_URL=url_of(bus, "operator"), MAILER_DATABASE_URL=ledger)
    assert tools.run("dead-letters", "list", "--json").json == []
    assert len(inbox(mailgun)) == 1


def test_a_queue_that_is_missing_is_named_with_the_remedy(bus, start):
    connection = pika.BlockingConnection(pika.URLParameters(bus.url))
    connection.channel().queue_delete(MAILER_OUTCOMES)
    connection.close()

    ingest = start(
        "ingest_service",
        "INGEST_BIND",
        RABBITMQ_URL=url_of(bus, "ingest"),
        WEBHOOK_SECRET="whsec_dGhpcyBpcyBhIHNlY3JldCBvZiB0aGUgdGVzdHM=",
        INGEST_WORKERS="1",
    )

    until(lambda: f"no queue '{MAILER_OUTCOMES}'" in ingest.output())
    assert "python3 -m deploy update" in ingest.output()
    assert ingest.output().count("broker.lost") == 1, "once per reason"

    missing = next(each for each in TOPOLOGY.queues if each.name == MAILER_OUTCOMES)
    connection = pika.BlockingConnection(pika.URLParameters(bus.url))
    connection.channel().queue_declare(
        MAILER_OUTCOMES, durable=True, arguments=dict(missing.arguments)
    )
    connection.close()

    until(lambda: "broker.ready" in ingest.output())
