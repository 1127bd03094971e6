"""Status changes into the mailer's queue, and what is left in the queues afterwards."""

from __future__ import annotations

import msgspec
import pika

from bench.ingest.bus import Bus
from shared import events
from shared.events import CONTENT_TYPE, ChangeData, ChangeEvent
from shared.topology import MAILER_OUTCOMES, TOPOLOGY

MOMENT = "2026-01-01T00:00:00.000+00:00"
STATUSES = ("pending", "in-review", "approved", "rejected")
LOCALES = ("en", "de", "fr", "es")


class Feed(Bus):
    """The bus, and changes on it that each want a mail of their own."""

    def publish(self, run: str, first: int, last: int) -> None:
        """Publish the changes with these numbers, `last` not among them."""
        for number in range(first, last):
            event = change(f"{run}-{number:06d}", number)
            self._channel.basic_publish(
                TOPOLOGY.exchange,
                event.type,
                events.encode(event),
                pika.BasicProperties(
                    content_type=CONTENT_TYPE,
                    delivery_mode=pika.DeliveryMode.Persistent.value,
                    message_id=event.id,
                ),
            )

    def left(self) -> dict[str, int]:
        """Return what is in the mailer's queues, those that it has to empty."""
        queues = [
            queue.name
            for queue in TOPOLOGY.queues
            if queue.name.startswith("mailer.") and queue.name not in _ANYWAY
        ]
        found = {name: self._count(name) for name in queues}
        return {name: count for name, count in found.items() if count}

    def empty_all(self) -> None:
        """Drop all that waits, for whomever."""
        for queue in TOPOLOGY.queues:
            if queue.name.startswith("mailer."):
                self._channel.queue_purge(queue.name)

    def _count(self, name: str) -> int:
        declared = self._channel.queue_declare(name, passive=True)
        return int(declared.method.message_count)


#: What it may leave: its own events, which the next one reads and drops.
_ANYWAY = frozenset({MAILER_OUTCOMES})


def change(name: str, number: int) -> ChangeEvent:
    """Return a status change of a submission that has no other."""
    row = {
        "id": name,
        "status": STATUSES[number % len(STATUSES)],
        "title": f"Half Moon No. {number}",
        "feedback": "Warm low end, and a voice that stays. <b>Thank you.</b>",
        "email": f"artist-{number}@artists.test",
        "locale": LOCALES[number % len(LOCALES)],
        "updated_at": MOMENT,
    }
    old = row | {"status": "new"}
    encode = msgspec.json.encode
    return ChangeEvent(
        id=name,
        source="/bench",
        type=events.STATUS_CHANGED,
        subject=name,
        time=MOMENT,
        data=ChangeData(
            operation="UPDATE",
            submission_id=name,
            title=row["title"],
            updated_fields=["status"],
            record={name: msgspec.Raw(encode(value)) for name, value in row.items()},
            old_record={
                name: msgspec.Raw(encode(value)) for name, value in old.items()
            },
        ),
    )
