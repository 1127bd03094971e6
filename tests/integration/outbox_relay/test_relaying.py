"""What is in the outbox is published at once, in order, by either way once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import requests
from standardwebhooks import Webhook

from shared import events
from tests.plugins.changes import read_events, read_stream
from tests.plugins.outbox import CHANGE, OWN, payload, start_relay
from tests.plugins.services import SECRET, until
from tests.plugins.sockets import Client, login


def push(ingest, event_id, sequence, body):
    """Send what the database's push would."""
    now = datetime.now(UTC)
    answer = requests.post(
        f"{ingest.url}/webhook/submission-update",
        data=body.encode(),
        headers={
            "Content-Type": "application/json",
            "X-Change-Sequence": str(sequence),
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(event_id, now, body),
        },
        timeout=10,
    )
    assert answer.status_code == 202, answer.text


def test_event_is_the_one_that_the_webhook_would_have_made(
    relay, ingest, bus_url, outbox
):
    body = payload("s-1", title='Café "🎧"', rating=1.10)
    [name] = outbox.write(body)
    until(lambda: outbox.undelivered() == [])

    [(sequence,)] = outbox.ask("select sequence from melotech.webhook_outbox")
    push(ingest, name, sequence, body)

    by_relay, by_webhook = read_events(bus_url)
    assert by_relay.id == name
    assert by_relay.sequence == str(sequence)
    assert events.encode(msgspec.structs.replace(by_relay, time=by_webhook.time)) == (
        events.encode(by_webhook)
    )


async def test_change_that_came_by_both_ways_is_told_once(
    relay, ingest, bus_url, outbox, gateway, supabase
):
    token = login(supabase, "admin@melotech.test")
    bodies = [payload("s-1", rating=number) for number in range(3)]
    heard = []
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")

        names = outbox.write(*bodies)
        for number, (name, body) in enumerate(zip(names, bodies, strict=True)):
            await asyncio.to_thread(push, ingest, name, number + 1, body)
        last = outbox.change("s-2")

        while last not in heard:
            heard.append((await admin.next("submission_update"))["id"])
    assert heard == [*names, last]


def test_notification_wakes_it_long_before_the_next_poll(start, bus_url, outbox):
    start_relay(start, bus_url, outbox, OUTBOX_POLL_SECONDS="60")

    for _ in range(3):
        outbox.change()
        until(lambda: outbox.undelivered() == [])


def test_what_no_notification_told_of_is_found_by_polling(start, bus_url, outbox):
    start_relay(start, bus_url, outbox, OUTBOX_POLL_SECONDS="0.1")

    outbox.write(payload("s-1"), told=False)

    until(lambda: outbox.undelivered() == [])


def test_order_of_commits_may_differ_from_the_order_of_sequences(
    relay, bus_url, outbox
):
    with outbox.connect() as slow, slow.transaction():
        slow.execute(CHANGE, ["s-1"])
        [(early,)] = slow.execute(OWN)
        later = outbox.change("s-2")
        until(lambda: later in read_stream(bus_url))

    until(lambda: outbox.undelivered() == [])
    assert read_stream(bus_url) == [later, early]


def test_newer_event_waits_for_an_older_one_of_its_row_that_somebody_holds(
    relay, bus_url, outbox
):
    with outbox.connect() as holder, holder.transaction():
        relay.stop()
        older = outbox.change("s-1")
        holder.execute("select from melotech.webhook_outbox for update")
        newer, other = outbox.change("s-1"), outbox.change("s-2")
        relay.start()
        until(lambda: outbox.undelivered() == [older, newer])
        assert read_stream(bus_url) == [other]

    until(lambda: outbox.undelivered() == [])
    assert read_stream(bus_url) == [other, older, newer]


def test_what_the_push_has_in_flight_is_taken_all_the_same(relay, outbox):
    relay.stop()
    outbox.change()
    outbox.ask(
        "update melotech.webhook_outbox"
        " set request_id = 7, sent_at = now(), attempts = 1,"
        " due_at = now() + interval '1 hour'"
    )

    relay.start()

    until(lambda: outbox.undelivered() == [])
