"""Events put straight on the bus, with whatever id, time and version a test needs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pika

from shared import events
from shared.amqp.message import Message
from shared.amqp.publisher import Publisher
from shared.errors import NotPublished
from shared.events import ChangeData, ChangeEvent, EmailData, EmailEvent, Event
from shared.topology import CHANGE_LOG_STREAM
from tests.plugins.services import until

_numbers = itertools.count()


def change(
    *,
    event_id: str | None = None,
    submission: str = "s-1",
    artist: str | None = "a-1",
    status: str = "pending",
    time: datetime | None = None,
    sequence: int | None = None,
    fingerprint: str | None = None,
    **columns: Any,
) -> ChangeEvent:
    """Return an update of one row; without an id it gets one that no other has."""
    row = {"id": submission, "userid": artist, "status": status} | columns
    record = {name: msgspec.Raw(msgspec.json.encode(row[name])) for name in row}
    moment = time or datetime.now(UTC)
    return ChangeEvent(
        id=event_id or f"evt_{next(_numbers):06}",
        source="/melotech/tests",
        type=events.UPDATED,
        subject=submission,
        time=moment.isoformat(timespec="milliseconds"),
        sequence=msgspec.UNSET if sequence is None else str(sequence),
        fingerprint=fingerprint or msgspec.UNSET,
        data=ChangeData(
            operation="UPDATE",
            submission_id=submission,
            artist_id=artist,
            title="T",
            updated_fields=sorted(columns) or ["bpm"],
            record=record,
            old_record=record,
        ),
    )


def mail(
    *,
    submission: str = "s-1",
    outcome: str = "accepted",
    time: datetime | None = None,
) -> EmailEvent:
    """Return the fate of a mail about one submission."""
    return EmailEvent(
        id=f"evt_{next(_numbers):06}",
        source="/melotech/tests",
        type=f"email.{outcome}",
        subject=submission,
        time=(time or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        data=EmailData(submission_id=submission, outcome=outcome, cause="evt_none"),
    )


def read_stream(bus_url: str) -> list[str]:
    """Return the ids in the stream, the first of each, in order."""
    return list(dict.fromkeys(event.id for event in read_events(bus_url)))


def read_events(bus_url: str) -> list[Event]:
    """Return the events in the stream, in order, the repeated ones too."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=200)
    found = []
    for method, _, body in channel.consume(
        CHANGE_LOG_STREAM, arguments={"x-stream-offset": "first"}, inactivity_timeout=1
    ):
        if method is None:
            break
        found.append(events.decode(body))
        channel.basic_ack(method.delivery_tag)
    connection.close()
    return found


def delete_stream(bus_url: str) -> None:
    """Delete the stream; whoever declares it next has one whose offsets start over."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    connection.channel().queue_delete(CHANGE_LOG_STREAM)
    connection.close()


class Press:
    """Publishes one event after the other, so that their order is known."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.published: list[Event] = []

    def publish(self, *new: Event) -> list[str]:
        """Publish, and return the ids once all of them are in the stream."""
        for event in new:
            self._publisher.publish(Message.of(event), timeout=10)
            self.published.append(event)
        return [event.id for event in new]

    def publish_whatever_happens(self, *new: Event) -> list[str]:
        """Publish again, under the same id, until the broker has it."""
        for event in new:
            until(partial(self._try_to_publish, event), timeout=60)
        return [event.id for event in new]

    def _try_to_publish(self, event: Event) -> bool:
        try:
            self.publish(event)
        except NotPublished:
            return False
        return True

    def wait_ready(self) -> None:
        """Wait until the broker takes publishes."""
        until(lambda: self._publisher.ready, timeout=30)


@contextmanager
def press(bus_url: str) -> Iterator[Press]:
    """Connect to the bus for publishing."""
    publisher = Publisher(bus_url, name="test")
    publisher.start()
    try:
        made = Press(publisher)
        made.wait_ready()
        yield made
    finally:
        publisher.close()
