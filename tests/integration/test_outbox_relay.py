"""The outbox relay between a real PostgreSQL and a real broker."""

from __future__ import annotations

import asyncio
import fcntl
import json
import re
import subprocess
import sys
import termios
import threading
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest
import requests
from standardwebhooks import Webhook

from ingest_service.outbox_relay import outbox as outbox_module
from shared import events
from tests.plugins.changes import read_events, read_stream
from tests.plugins.outbox import CHANGE, OWN, Outbox, health_of, payload, start_relay
from tests.plugins.services import ROOT, SECRET, until
from tests.plugins.sockets import Client, login


@pytest.fixture
def outbox(postgres):
    return Outbox(postgres)


@pytest.fixture
def relay(start, bus_url, outbox):
    return start_relay(start, bus_url, outbox)


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


STRANGE = {
    "another table": payload("s-1").replace('"submissions"', '"users"'),
    "no JSON": "{",
    "no id": payload("s-1").replace('"id": "s-1", ', ""),
    "too large": payload("s-1", feedback="x" * 1_048_576),
    "too deep": payload("s-1", feedback=[]).replace("[]", "[" * 99 + "]" * 99),
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE.keys())
def test_row_that_is_no_event_is_set_aside_and_shown_and_blocks_nobody(
    relay, bus_url, outbox, body
):
    [strange] = outbox.write(body)
    normal = outbox.change("s-1")

    until(lambda: outbox.undelivered() == [strange])

    assert read_stream(bus_url) == [normal]
    [(reason, refused)] = outbox.ask(
        "select last_error, refused from melotech.webhook_outbox where event_id = %s",
        strange,
    )
    assert reason
    assert refused
    until(lambda: health_of(relay)["status"] == "degraded")
    assert health_of(relay)["outbox"]["set_aside"] == 1
    assert relay.is_ready()
    lines = [json.loads(line) for line in relay.output().splitlines()]
    told = [line for line in lines if line["event"] == "relay.set-aside"]
    assert [line["event_id"] for line in told] == [strange]
    assert "approved" not in relay.output()


def test_event_id_that_nobody_could_carry_is_set_aside(relay, outbox):
    outbox.write(payload("s-1"), payload("s-1"), event_ids=("no id", "x" * 1000))

    until(lambda: health_of(relay)["outbox"]["set_aside"] == 2)


def test_what_was_set_aside_and_is_due_again_is_published(relay, bus_url, outbox):
    [mended] = outbox.write("{")
    aside = "select 1 from melotech.webhook_outbox where due_at = 'infinity'"
    until(lambda: outbox.ask(aside))

    outbox.ask(
        "update melotech.webhook_outbox set payload = %s; ",
        payload("s-1"),
    )
    outbox.ask("select melotech.retry_now()")

    until(lambda: outbox.undelivered() == [])
    assert read_stream(bus_url) == [mended]


def test_claim_is_bounded_in_bytes_and_still_takes_the_first(outbox):
    size = outbox_module.BATCH_BYTES // 4 + 1
    outbox.write(*["x" * size] * 5, "x" * outbox_module.BATCH_BYTES * 2)
    reader = outbox_module.Outbox.open(outbox.dsn)

    claims = []
    while rows := reader.claim(at_most=100, max_payload=size):
        claims.append([row.payload is not None for row in rows])
        reader.settle([row.sequence for row in rows], {})
    reader.close()

    assert claims == [[True] * 3, [True] * 2, [False]]


def test_claim_reads_no_more_than_it_takes_however_old_the_statistics(outbox):
    outbox.change()
    outbox.ask("update melotech.webhook_outbox set delivered_at = now()")
    outbox.ask("alter table melotech.webhook_outbox set (autovacuum_enabled = off)")
    outbox.ask("analyze melotech.webhook_outbox")
    outbox.ask(
        "insert into melotech.webhook_outbox (event_id, row_key, payload)"
        " select n, n % 10, '' from generate_series(1, 5000) n"
    )

    with outbox.connect() as connection:
        connection.cursor_factory = psycopg.ClientCursor
        reader = outbox_module.Outbox(connection)
        rows = reader.claim(at_most=100, max_payload=1)
        [(read,)] = connection.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relname = 'webhook_outbox'"
        )

    assert len(rows) == 100
    assert read < 500


def unread(connection):
    """Return how many bytes a socket has for its reader."""
    answer = fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4))
    return int.from_bytes(answer, sys.byteorder)


def test_news_that_came_in_one_piece_with_an_answer_is_not_slept_over(outbox):
    with outbox.connect() as connection:
        reader = outbox_module.Outbox(connection)
        connection.execute("listen melotech_outbox")
        connection.pgconn.send_query(b"select 1")
        until(lambda: unread(connection))
        answer = unread(connection)
        outbox.change()
        until(lambda: unread(connection) > answer)
        connection.pgconn.consume_input()
        while connection.pgconn.get_result():
            pass
        assert unread(connection) == 0

        # It returns, that is: long before this and before the test's own deadline.
        reader.wait(10_000, threading.Event())


def test_database_that_says_nothing_is_given_up(outbox, monkeypatch):
    monkeypatch.setattr(outbox_module, "SILENCE_DEADLINE", 0.3)
    reader = outbox_module.Outbox.open(outbox.dsn)
    with outbox.connect() as holder, holder.transaction():
        holder.execute("lock table melotech.webhook_outbox")

        with pytest.raises(psycopg.OperationalError):
            reader.claim(at_most=1, max_payload=1)
    reader.close()


def test_it_is_unhealthy_and_says_why_until_the_table_is_there(start, bus_url, outbox):
    outbox.ask("alter table melotech.webhook_outbox rename to elsewhere")
    try:
        relay = start_relay(start, bus_url, outbox, wait=False)
        until(lambda: relay.running and "outbox.lost" in relay.output())
        told = until(lambda: health_of(relay))
    finally:
        outbox.ask("alter table melotech.elsewhere rename to webhook_outbox")

    assert told["status"] == "unhealthy"
    assert "does not exist" in told["reason"]
    relay.wait_ready()


def test_role_with_the_documented_rights_and_no_others_is_enough(
    start, bus_url, outbox
):
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [script] = re.findall(
        r"```sql\n(create role melotech_relay.*?)```", document, re.DOTALL
    )
    outbox.ask(script)
    address = outbox.dsn.replace("//test@", "//melotech_relay@")
    relay = start_relay(start, bus_url, outbox, OUTBOX_DATABASE_URL=address)
    try:
        [strange], normal = outbox.write("{"), outbox.change()
        until(lambda: outbox.undelivered() == [strange])
        until(lambda: health_of(relay)["status"] == "degraded")
        assert read_stream(bus_url) == [normal]
    finally:
        relay.stop()
        outbox.ask("drop owned by melotech_relay; drop role melotech_relay")


def test_sigterm_lets_it_finish_and_exit_with_0(relay, bus_url, outbox):
    names = [outbox.change(f"s-{number % 5}") for number in range(50)]

    assert relay.stop() == 0

    # What is marked is there; the rest waits for the next relay.
    there = read_stream(bus_url)
    assert set(there) == set(names) - set(outbox.undelivered())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mysql://u:hidden@h/d",
        "postgresql://u:hid den@h/d",
        "postgresql://u:a@hidden@h/d",
        "postgresql://u:hidden/b@h/d",
    ],
)
def test_address_that_cannot_be_used_stops_it_at_start_and_is_not_quoted(address):
    done = subprocess.run(
        [sys.executable, "-m", "ingest_service.outbox_relay"],
        cwd=ROOT,
        env={"RABBITMQ_URL": "amqp://h", "OUTBOX_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.returncode == 1
    assert "OUTBOX_DATABASE_URL" in done.stderr
    assert "hid" not in done.stderr + done.stdout
