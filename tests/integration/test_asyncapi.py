"""What really goes over sockets and bus is what docs/asyncapi.yaml says."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import aiohttp
import pika
import pytest
import requests

from shared.events import CONTENT_TYPE
from shared.topology import CHANGE_LOG_STREAM, MAILER_DEAD_LETTERS
from tests.plugins.asyncapi import faults, faults_of_text, lookup, messages_of
from tests.plugins.changes import mail, press
from tests.plugins.mailgun_webhooks import KEY, fresh_signature, hook, post
from tests.plugins.services import (
    DOMAIN,
    MAILGUN_KEY,
    SERVICE_KEY,
    signed,
    start_gateway,
    start_ingest,
    start_mailer,
    start_supabase,
    until,
)
from tests.plugins.sockets import Client, login, users_id

ADMIN = "admin@melotech.test"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ROW = {"id": "s-1", "title": "Café 🎧", "status": "pending", "plays": 10**30}
FATES = [
    "accepted",
    "failed",
    "delivered",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
]
OUTCOMES = {"skipped", "uncertain", *FATES}


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def mailgun(start_for_module, tmp_path_factory):
    return start_for_module(
        "devstack.mailgun",
        "MAILGUN_STANDIN_BIND",
        MAILGUN_API_KEY=MAILGUN_KEY,
        MAILGUN_DOMAIN=DOMAIN,
        MAILGUN_STANDIN_DATA_DIR=str(tmp_path_factory.mktemp("mailgun")),
    )


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    return start_ingest(
        start_for_module, bus_url_for_module, MAILGUN_WEBHOOK_SIGNING_KEY=KEY
    )


@pytest.fixture(scope="module")
def mailer(start_for_module, bus_url_for_module, supabase, mailgun):
    return start_mailer(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        mailgun.url,
        MAIL_SETTLE_SECONDS="0.1",
    )


@pytest.fixture(scope="module")
def gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("gateway"),
    )


@pytest.fixture(scope="module")
def token(supabase):
    return login(supabase, ADMIN)


def webhook(ingest, kind, old, new, *, sequence):
    document = {"type": kind, "table": "submissions", "schema": "public"}
    body = json.dumps(document | {"record": new, "old_record": old}).encode()
    headers = {"X-Change-Sequence": str(sequence), "traceparent": TRACE}
    answer = requests.post(
        f"{ingest.url}/webhook/submission-update",
        data=body,
        headers=signed(body) | headers,
        timeout=10,
    )
    assert answer.status_code == 202, answer.text


def live_through_a_submission(ingest, artist):
    """Insert, rate, approve, put into a state without a mail, hand over, delete."""
    rows = [ROW | {"userid": artist}]
    for change in (
        {"rating": 9.50},
        {"status": "approved"},
        {"status": "archived"},
        {"status": "rejected", "userid": "nobody-knows"},
    ):
        rows.append(rows[-1] | change)
    webhook(ingest, "INSERT", None, rows[0], sequence=10)
    for number, (old, new) in enumerate(pairwise(rows), start=11):
        webhook(ingest, "UPDATE", old, new, sequence=number)
    webhook(ingest, "UPDATE", rows[0], rows[0] | {"rating": 1}, sequence=2)
    webhook(ingest, "DELETE", rows[-1], None, sequence=20)


def tell_the_fates_of_a_mail(ingest):
    for event in FATES:
        document = hook(event, signature=fresh_signature(), severity="temporary")
        assert post(ingest, document).status_code == 200


def tell_of_doubt(bus_url):
    with press(bus_url) as bus:
        bus.publish(mail(outcome="uncertain"))


def disconnect_nobody(gateway):
    answer = requests.post(
        f"{gateway.url}/admin/disconnect",
        json={"connection_id": "nobody"},
        headers={"Authorization": f"Bearer {SERVICE_KEY}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def outcomes(frames):
    told = map(json.loads, frames)
    return {t["data"]["outcome"] for t in told if t["type"] == "email_update"}


async def texts(client, frames):
    async for message in client.ws:
        assert message.type is aiohttp.WSMsgType.TEXT
        frames.append(message.data)


@pytest.fixture(scope="module")
def lived(supabase, ingest, mailer, gateway, token, bus_url_for_module):
    """The frames of an admin's and of an artist's socket while all kinds are sent."""
    artist = users_id(supabase, "ada@melotech.test")[0]

    async def listen():
        async with (
            Client(gateway, "admin") as admin,
            Client(gateway, f"artist/{artist}") as ada,
        ):
            heard = {"admin": [], "artist": []}
            await admin.auth(token)
            await ada.auth(login(supabase, "ada@melotech.test"))
            for client in (admin, ada):
                await client.say({"type": "ping"})
                await client.say_raw("nonsense")
            listening = [
                asyncio.create_task(texts(admin, heard["admin"])),
                asyncio.create_task(texts(ada, heard["artist"])),
            ]
            await asyncio.to_thread(until, lambda: min(map(len, heard.values())) >= 3)
            await asyncio.to_thread(live_through_a_submission, ingest, artist)
            await asyncio.to_thread(tell_the_fates_of_a_mail, ingest)
            await asyncio.to_thread(tell_of_doubt, bus_url_for_module)
            await asyncio.to_thread(disconnect_nobody, gateway)
            await asyncio.to_thread(until, lambda: outcomes(heard["admin"]) == OUTCOMES)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
        return heard

    return asyncio.run(listen())


@pytest.mark.parametrize("room", ["admin", "artist"])
def test_every_frame_of_a_socket_is_a_message_of_its_channel(lived, room):
    messages = messages_of(room, "send")

    for frame in lived[room]:
        assert faults_of_text(frame, messages) == [], frame
    assert {json.loads(frame)["type"] for frame in lived[room]} == set(messages)


def test_no_socket_is_told_whose_address_gets_no_more_mails(lived):
    frames = [*lived["admin"], *lived["artist"]]

    assert any('"outcome":"unsubscribed"' in frame for frame in frames)
    assert not any("recipient_key" in f or "suppression" in f for f in frames)


def test_rows_arrive_digit_by_digit_and_overtaken_changes_marked(lived):
    updates = [f for f in lived["admin"] if '"submission_update"' in f]

    assert '"plays":1000000000000000000000000000000' in updates[0]
    assert [json.loads(f)["data"]["event"] for f in updates] == [
        "INSERT",
        *["UPDATE"] * 5,
        "DELETE",
    ]
    assert ['"stale":true' in f for f in updates] == [*[False] * 5, True, False]


def everything_in_stream(url):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=100)
    for method, properties, body in channel.consume(
        CHANGE_LOG_STREAM, arguments={"x-stream-offset": "first"}, inactivity_timeout=1
    ):
        if method is None:
            break
        channel.basic_ack(method.delivery_tag)
        yield method, properties, body
    connection.close()


def test_every_event_in_the_stream_is_a_message_of_the_bus(lived, bus_url_for_module):
    messages = messages_of("changesLog", "receive")
    found = set()

    for method, properties, body in everything_in_stream(bus_url_for_module):
        assert faults_of_text(body, messages) == [], body
        event = json.loads(body)
        assert method.routing_key == event["type"]
        assert properties.message_id == event["id"]
        assert properties.content_type == CONTENT_TYPE
        assert messages[event["type"]]["contentType"] == CONTENT_TYPE
        assert properties.delivery_mode == 2
        found.add(event["type"])
    assert found == set(messages)


def test_dead_letter_is_a_message_of_its_queue(lived, bus_url_for_module):
    (attempt,) = messages_of("mailerDeadLetters", "send").values()
    connection = pika.BlockingConnection(pika.URLParameters(bus_url_for_module))
    channel = connection.channel()
    _, properties, body = until(
        lambda: next(
            (got for got in [channel.basic_get(MAILER_DEAD_LETTERS)] if got[0]), None
        )
    )
    connection.close()

    assert faults(attempt["payload"], json.loads(body)) == []
    ours = {n: v for n, v in properties.headers.items() if n.startswith("x-melotech")}
    assert faults(attempt["headers"], ours) == []
    described = set(lookup(attempt["headers"]["$ref"])["properties"])
    # No HTTP status made it one: the artist has no address.
    assert described - set(ours) == {"x-melotech-status"}
