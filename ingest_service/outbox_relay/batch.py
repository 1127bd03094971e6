"""What becomes of the rows of a batch: a message each, in waves, or set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ingest_service import intake
from ingest_service.intake import Ignored
from shared.amqp.message import Message
from shared.errors import Malformed
from shared.events import ChangeEvent
from shared.signature import is_id
from shared.tracing.spans import NO_SPAN, NO_TRACER, Span, Tracer, publishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the outbox, locked by us.

    `payload` is None where it is larger than we take. `waits`: an older event of the
    same submission is undelivered, and not among the rows that we have locked.
    """

    sequence: int
    event_id: str
    row_key: str
    payload: str | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row whose event can be published."""

    sequence: int
    row_key: str
    message: Message
    span: Span = NO_SPAN


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row's event is none: `reason` for the table, `told` for the log."""

    reason: str
    #: Without what a reason may quote of the row.
    told: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to publish, in order, and what to set aside, by sequence."""

    publish: Sequence[Outgoing]
    aside: Mapping[int, Refusal]


def plan(
    rows: Iterable[Row], *, table: str, now: float, tracer: Tracer = NO_TRACER
) -> Plan:
    """Decide each row that need not wait; `now` is Unix time in seconds.

    End the span of each that is to be published.
    """
    publish: list[Outgoing] = []
    aside: dict[int, Refusal] = {}
    for row in rows:
        if row.waits:
            continue
        decided = _decide(row, table, now)
        if isinstance(decided, Refusal):
            aside[row.sequence] = decided
        else:
            event, span = publishing(tracer, decided, msgspec.UNSET)
            message = Message.of(event)
            publish.append(Outgoing(row.sequence, row.row_key, message, span))
    return Plan(publish, aside)


def waves(outgoing: Iterable[Outgoing]) -> list[list[Outgoing]]:
    """Return the events in waves, none with two events of the same submission.

    What is under way at once may fail one by one, and an event must never be in the
    stream before an older one of its submission.
    """
    seen: Counter[str] = Counter()
    found: defaultdict[int, list[Outgoing]] = defaultdict(list)
    for each in outgoing:
        found[seen[each.row_key]].append(each)
        seen[each.row_key] += 1
    return list(found.values())


def _decide(row: Row, table: str, now: float) -> ChangeEvent | Refusal:
    if row.payload is None:
        return Refusal("the payload is too large", "too large")
    if not is_id(row.event_id):
        return Refusal("the event id is not a plain identifier", "event id")
    try:
        told = intake.event_of(
            row.payload.encode(),
            table=table,
            now=now,
            event_id=row.event_id,
            sequence=str(row.sequence),
        )
    except Malformed as error:
        return Refusal(str(error), f"malformed at {error.path}")
    except Exception as error:  # noqa: BLE001 # one bad row, not the line
        return Refusal(f"unexpected {type(error).__name__}", type(error).__name__)
    if isinstance(told, Ignored):
        return Refusal(told.reason, told.reason)
    return told.event
