"""A change log of the test's own, written as the gateway writes it."""

from __future__ import annotations

import json

import msgspec
import pytest

from realtime_gateway.changelog import schema
from realtime_gateway.changelog.entries import Bookmark, Entry
from realtime_gateway.changelog.log import ChangeLog
from shared import events
from shared.events import ChangeData, ChangeEvent, EmailData, EmailEvent


class Log:
    """Tell it what happened; `reading` is what the endpoints' queries get."""

    def __init__(self, folder):
        self._log = ChangeLog(folder)
        self.reading = schema.connect_for_reading(self._log.path)
        self._count = 0

    def close(self):
        self.reading.close()
        self._log.close()

    def insert(self, submission_id, **columns):
        row = {"id": submission_id, "status": "pending", "userid": "ada"} | columns
        return self.tell("INSERT", events.INSERTED, None, row)

    def update(self, submission_id, before, **columns):
        old = {"id": submission_id, "status": "pending", "userid": "ada"} | before
        kind = events.STATUS_CHANGED if "status" in columns else events.UPDATED
        return self.tell("UPDATE", kind, old, old | columns)

    def delete(self, submission_id, **columns):
        row = {"id": submission_id, "status": "pending", "userid": "ada"} | columns
        return self.tell("DELETE", events.DELETED, row, None)

    def mail(
        self,
        submission_id,
        outcome="accepted",
        *,
        at=None,
        severity=msgspec.UNSET,
        cause=None,
    ):
        event = EmailEvent(
            id=self._next_id(),
            source="/t",
            type=f"email.{outcome}",
            subject=submission_id,
            time=at or "2026-11-23T12:00:00.000+00:00",
            data=EmailData(
                submission_id=submission_id,
                outcome=outcome,
                recipient="a***@melotech.test",
                severity=severity,
                cause=cause,
            ),
        )
        return self._append(event)

    def tell(self, operation, kind, old, new, *, by=None):
        row = new or old
        # `at` is when the event came, not a column.
        at = row.pop("at", "2026-11-23T12:00:00.000+00:00")
        for each in (old, new):
            (each or {}).pop("at", None)
        event = ChangeEvent(
            id=self._next_id(),
            source="/t",
            type=kind,
            subject=row["id"],
            time=at,
            data=ChangeData(
                operation=operation,
                submission_id=row["id"],
                artist_id=row["userid"],
                updated_fields=[
                    name
                    for name in row
                    if (old or {}).get(name) != (new or {}).get(name)
                ],
                record=raw(new),
                old_record=raw(old),
                extra=raw({"user_id": by}) if by else msgspec.UNSET,
            ),
        )
        return self._append(event)

    def _append(self, event):
        offset = self._count
        entry = Entry(stream_offset=offset, event=event, body=events.encode(event))
        assert self._log.append([entry], Bookmark(offset, event.id))
        return event.id

    def _next_id(self):
        self._count += 1
        return f"e{self._count}"


def raw(row):
    if row is None:
        return None
    return {name: msgspec.Raw(json.dumps(value)) for name, value in row.items()}


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path)
    yield made
    made.close()
