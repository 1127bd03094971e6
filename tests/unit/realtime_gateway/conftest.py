"""Events, transports and connections without a network."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from realtime_gateway import frames
from realtime_gateway.access import AdminRoom, Identity, Seat
from realtime_gateway.changelog.entries import Stored
from realtime_gateway.connection import Connection
from realtime_gateway.outlet import Outlet
from shared import events
from shared.events import ChangeData, ChangeEvent

ADMIN = Seat(room="admin", keys=("admin",))


class Pipe(asyncio.Transport):
    """A transport whose reader takes what it is told to, when it is told to."""

    def __init__(self):
        super().__init__()
        self.stalled = False
        self.closed = False
        self._waiting = b""
        self.taken = b""
        self.writes = 0

    def write(self, data):
        self.writes += 1
        self._waiting += data
        if not self.stalled:
            self.take()

    def take(self):
        self.taken, self._waiting = self.taken + self._waiting, b""

    def get_write_buffer_size(self):
        return len(self._waiting)

    def is_closing(self):
        return self.closed

    def abort(self):
        self.closed = True


class PipeOutlet(Outlet):
    """An outlet that remembers how it ended, and was pinged."""

    def __init__(self, *, encoding=frames.text, max_buffer=1_000, answers=True):
        self.pipe = Pipe()
        super().__init__(self.pipe, encoding=encoding, max_buffer=max_buffer)
        self.pings = 0
        self._answers = answers

    def end(self, code):
        self.ended_by = self.ended_by or code

    def ping(self):
        self.pings += 1

    @property
    def answers_pings(self):
        return self._answers

    def messages(self):
        """Return the messages of the text frames that were taken."""
        data, told = self.pipe.taken, []
        while data:
            length, start = data[1], 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            told.append(json.loads(data[start : start + length]))
            data = data[start + length :]
        return told

    def ids(self):
        return [message["id"] for message in self.messages()]


def change(number, *, submission="s", artist="a", **row):
    """Return a stored update; `number` is position and id."""
    record = {"id": submission, "status": "pending"} | row
    raw = {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in record.items()}
    return Stored(
        position=number,
        stale=False,
        size=100,
        event=ChangeEvent(
            id=f"e{number}",
            source="/t",
            type=events.UPDATED,
            subject=submission,
            time="2026-01-01T00:00:00.000+00:00",
            data=ChangeData(
                operation="UPDATE",
                submission_id=submission,
                artist_id=artist,
                record=raw,
                old_record={},
                updated_fields=list(row),
            ),
        ),
    )


def connection(outlet, *, seat=ADMIN, expires_at=0.0, **options):
    """Return a connection of one and the same person."""
    return Connection(
        outlet,
        connection_id="c",
        address=AdminRoom(),
        seat=seat,
        identity=Identity(
            subject="s", issued_at=0, expires_at=expires_at, admin_by_token=True
        ),
        **options,
    )


@pytest.fixture
def until():
    """Wait for a condition on the loop."""

    async def wait(condition, timeout=5.0):
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.001)

    return wait
