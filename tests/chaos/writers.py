"""A writer of the database that has the outbox, through its crashes."""

from __future__ import annotations

import json
import threading

import psycopg

from tests.chaos.history import Sent
from tests.chaos.rows import Made, Rows
from tests.plugins.outbox import Outbox

UPSERT = """
insert into public.submissions (id, userid, title, status, rating, email, locale)
values (%(id)s, %(userid)s, %(title)s, %(status)s, %(rating)s, %(email)s, %(locale)s)
on conflict (id) do update set status = excluded.status, rating = excluded.rating
"""
EVERYTHING = "select event_id, sequence, payload from melotech.webhook_outbox"


class Writer:
    """Commits one change after the other until told to end; begins on `start`."""

    def __init__(self, outbox: Outbox, rows: Rows, *, per_second: float) -> None:
        self._outbox = outbox
        self._rows = rows
        self._pause = 1 / per_second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End, and wait until it has."""
        self._ended.set()
        self._thread.join()

    def undelivered(self) -> int:
        """Return how many events the relay has not published yet."""
        return len(self._outbox.undelivered())

    def sent(self) -> list[Sent]:
        """Return what the outbox has: all that was committed, which is a promise."""
        return [_sent(*row) for row in self._outbox.ask(EVERYTHING)]

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with self._outbox.connect() as connection:
                    while not self._ended.wait(self._pause):
                        self._write(connection, self._rows.next())
            except psycopg.OperationalError:
                # It has crashed. What was lost with it was never committed.
                self._ended.wait(0.2)

    def _write(self, connection: psycopg.Connection, made: Made) -> None:
        new = made.payload["record"]
        if new is None:
            gone = "delete from public.submissions where id = %s"
            connection.execute(gone, [made.sent.row])
        else:
            connection.execute(UPSERT, new)


def _sent(event_id: str, sequence: int, payload: str) -> Sent:
    told = json.loads(payload)
    old, new = told["old_record"], told["record"]
    row = new or old
    return Sent(
        id=event_id,
        row=row["id"],
        artist=row["userid"],
        operation=told["type"],
        sequence=sequence,
        before=old and old["status"],
        after=new and new["status"],
        email=row["email"],
        way="outbox",
        record=new,
        accepted=True,
    )
