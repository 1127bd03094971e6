"""Ledgers of both kinds, and what the tests look up in them and on the bus."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pika

from mailer_worker.ledger import database
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.mailgun.messages import longest_call
from mailer_worker.standing import Change
from shared.events import EmailData, EmailEvent
from shared.same_change import Identity
from shared.topology import CHANGE_LOG_STREAM, TOPOLOGY
from shared.versions import Version
from tests.plugins.mails import inbox
from tests.plugins.postgres import Postgres

#: The mailer's settings where a test has no time to wait.
IMPATIENT = {
    "MAILER_SENDERS": "8",
    "MAILGUN_TIMEOUT_SECONDS": "1",
    "MAIL_LOOKUP_TRUSTED_SECONDS": "1",
    "MAIL_SETTLE_SECONDS": "0",
}
#: Nobody answers there: every row of these tests has its own address and language.
NO_SUPABASE = "http://127.0.0.1:9"


def postgres_ledger(postgres: Postgres) -> str:
    """Return the address of an empty database for a ledger."""
    return postgres.create_database(f"ledger_{uuid.uuid4().hex[:12]}").dsn()


@contextmanager
def opened(url: str, *, settle: float = 0.0, lease: float = 0.0) -> Iterator[Ledger]:
    """Open a ledger; by default with the lease of an impatient mailer."""
    connected = database.connect(url, threads=8)
    ledger = Ledger(connected, settle=settle, lease=lease or longest_call(1))
    try:
        yield ledger
    finally:
        ledger.close()


def a_change(
    number: int = 1,
    *,
    submission: str = "s-1",
    status: str = "approved",
    before: str | None = None,
    sequence: int | None = None,
    told_at: int | None = None,
    **others: Any,
) -> Change:
    """Return a change; with `told_at`, in microseconds, two of a status may be one."""
    version = Version(sequence=sequence)
    identity = told_at is not None and Identity(
        event_id=f"evt_{number}",
        fingerprint=status,
        time=told_at,
        sequence=sequence,
        is_versioned=False,
    )
    made = Change(
        event_id=f"evt_{number}",
        submission_id=submission,
        status=status,
        status_before=before,
        version=version,
        identity=identity or None,
    )
    return replace(made, **others)


def an_outcome(kind: str = "delivered", **data: Any) -> EmailEvent:
    """Return what Mailgun tells of a mail; `data` such as cause, or a suppression."""
    return EmailEvent(
        id=f"evt_{uuid.uuid4().hex}",
        source="/melotech/mailgun",
        type=f"email.{kind}",
        subject="s-1",
        time="2026-11-23T12:00:00.000+00:00",
        data=EmailData(submission_id="s-1", outcome=kind, **data),
    )


def states(url: str, submissions: list[str]) -> dict[str, str]:
    """Return the state of each change of the submissions, by event id."""
    with opened(url) as ledger:
        entries = [e for name in submissions for e in ledger.show(name)]
    return {entry.event_id: entry.state for entry in entries}


def mailed(mailgun: Any) -> list[str]:
    """Return the event ids of the mails that were taken, in order."""
    return [mail["variables"]["event_id"] for mail in inbox(mailgun)]


def depths(bus_url: str) -> dict[str, int]:
    """Return how many messages are ready in each queue that has any."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    names = [q.name for q in TOPOLOGY.queues if q.name != CHANGE_LOG_STREAM]
    counts = {
        name: channel.queue_declare(name, passive=True).method.message_count
        for name in names
    }
    connection.close()
    return {name: count for name, count in counts.items() if count}
