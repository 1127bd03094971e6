"""The outbox in PostgreSQL: claim rows, settle them, wait for news.

A claim holds its rows until `settle`, in one transaction whose length the server bounds
too. Nothing here outlives a transaction but LISTEN, so a pooler that lends out its
connections by the transaction will do; only news is not heard through one.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import psycopg
from psycopg.rows import TupleRow, class_row

from ingest_service.outbox_relay.batch import Row

RV = TypeVar("RV")

CHANNEL = "melotech_outbox"
APPLICATION = "melotech-outbox-relay"
CONNECT_DEADLINE = 5
#: A statement that takes longer is ended by the server, in seconds.
STATEMENT_DEADLINE = 5
#: A transaction that waits longer for us is ended by the server, and its rows are free.
IDLE_DEADLINE = 15
#: A server that says nothing for so long has frozen.
SILENCE_DEADLINE = 10.0
#: What all payloads of a claim may measure, in bytes; the first is always taken.
BATCH_BYTES = 8 * 1_048_576
#: Of an id; one that is longer is none of ours.
MOST_CHARACTERS = 256
#: A longer backlog is not counted to its end.
MOST_COUNTED = 10_000
#: Between looks at whether to stop.
WAIT_SLICE = 0.25

# By what is undelivered and never by a last sequence: numbers are drawn before the
# commit, so a lower one may come up later. For one submission they come up in order,
# since its writers wait for each other. `held` is what comes before our last row and is
# not ours: found in one walk over no more than that, whatever the planner believes.
_CLAIM = f"""
begin isolation level read committed read write;
set local statement_timeout = '{STATEMENT_DEADLINE}s';
set local idle_in_transaction_session_timeout = '{IDLE_DEADLINE}s';
with locked as materialized (
    select sequence, event_id, row_key, payload, octet_length(payload) as bytes
    from melotech.webhook_outbox
    where delivered_at is null and due_at is distinct from 'infinity'
    order by sequence limit %(at_most)s
    for update skip locked
), held as materialized (
    select row_key, min(sequence) as first_sequence
    from melotech.webhook_outbox
    where delivered_at is null and due_at is distinct from 'infinity'
        and sequence < (select max(sequence) from locked)
        and sequence not in (select sequence from locked)
    group by row_key
), sized as (
    select *, sum(bytes) over (order by sequence) as so_far from locked
)
select sequence, left(event_id, {MOST_CHARACTERS}) as event_id,
    left(row_key, {MOST_CHARACTERS}) as row_key,
    case when bytes <= %(max_payload)s then payload end as payload,
    coalesce(first_sequence < sequence, false) as waits
from sized left join held using (row_key)
where so_far <= %(batch_bytes)s or so_far = bytes
order by sequence
"""  # noqa: S608 # nosec B608 # constants of this module

# Set aside: due never, and `refused`, so that the push too goes on past it.
_SETTLE = """
update melotech.webhook_outbox
set delivered_at = clock_timestamp(), last_error = null
where sequence = any(%(delivered)s::bigint[]);
update melotech.webhook_outbox outbox
set refused = true, due_at = 'infinity', last_error = aside.reason
from unnest(%(aside)s::bigint[], %(reasons)s::text[]) as aside (sequence, reason)
where outbox.sequence = aside.sequence;
commit
"""

_BACKLOG = f"""
select count(*) filter (where not set_aside) as waiting,
    count(*) filter (where set_aside) as set_aside,
    coalesce(extract(epoch from clock_timestamp() - min(created_at)
        filter (where not set_aside)), 0)::float8 as oldest_seconds
from (
    select due_at is not distinct from 'infinity' as set_aside, created_at
    from melotech.webhook_outbox
    where delivered_at is null order by sequence limit {MOST_COUNTED}
) as undelivered
"""  # noqa: S608 # nosec B608 # constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is undelivered; both counts together end at MOST_COUNTED."""

    waiting: int
    set_aside: int
    oldest_seconds: float


class _Connection(psycopg.Connection[TupleRow]):
    """A connection on which no wait for the server is without an end."""

    def wait(
        self,
        gen: Generator[Any, Any, RV],
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> RV:
        """Wait as psycopg does; raise OperationalError after SILENCE_DEADLINE."""
        deadline = SILENCE_DEADLINE if timeout is None else timeout
        return super().wait(gen, interval, deadline)


class Outbox:
    """One connection to the database; after any psycopg.Error close it."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        self._news = False
        connection.add_notify_handler(self._hear)

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and listen for news; raise psycopg.Error."""
        connection = _Connection.connect(
            url,
            autocommit=True,
            # Poolers hand each transaction another server connection.
            prepare_threshold=None,
            cursor_factory=psycopg.ClientCursor,
            client_encoding="UTF8",
            application_name=APPLICATION,
            connect_timeout=CONNECT_DEADLINE,
            keepalives=1,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=20_000,
        )
        try:
            connection.execute(f"listen {CHANNEL}")
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def claim(self, *, at_most: int, max_payload: int) -> list[Row]:
        """Begin a transaction and lock the oldest undelivered rows, in order.

        Rows that somebody else has locked are passed over. `max_payload` is in bytes.
        End it with `settle`, whatever became of the rows.
        """
        words = {
            "at_most": at_most,
            "max_payload": max_payload,
            "batch_bytes": BATCH_BYTES,
        }
        with self._connection.cursor(row_factory=class_row(Row)) as cursor:
            cursor.execute(_CLAIM, words)
            while cursor.nextset():
                pass
            return cursor.fetchall()

    def settle(self, delivered: Sequence[int], aside: Mapping[int, str]) -> None:
        """Mark rows as delivered, others as set aside for a reason, and commit."""
        words = {
            "delivered": list(delivered),
            "aside": list(aside),
            "reasons": list(aside.values()),
        }
        self._connection.execute(_SETTLE, words)

    def backlog(self) -> Backlog:
        """Return what is undelivered."""
        with self._connection.cursor(row_factory=class_row(Backlog)) as cursor:
            return cursor.execute(_BACKLOG).fetchall()[0]

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Return at news of the outbox, at the latest after so many seconds."""
        until = time.monotonic() + seconds
        while not stopping.is_set() and not self._heard():
            remaining = until - time.monotonic()
            if remaining <= 0:
                return
            select.select([self._connection], [], [], min(remaining, WAIT_SLICE))

    def _heard(self) -> bool:
        # Not by psycopg's `notifies`: that waits for the socket first, and news may
        # have come in one piece with the answer to our last statement.
        pgconn = self._connection.pgconn
        pgconn.consume_input()
        while pgconn.notifies():
            self._news = True
        news, self._news = self._news, False
        return news

    def _hear(self, notify: psycopg.Notify) -> None:
        self._news = True

    def close(self) -> None:
        """Disconnect; what was claimed is free again."""
        self._connection.close()
