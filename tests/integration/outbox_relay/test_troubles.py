"""The relay without its database, its rights, or its address."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
import termios
import threading

import psycopg
import pytest

from ingest_service.outbox_relay import outbox as outbox_module
from tests.plugins.changes import read_stream
from tests.plugins.outbox import health_of, start_relay
from tests.plugins.services import ROOT, until


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
