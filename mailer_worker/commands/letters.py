"""What a dead letter says: read from its headers and its body, whatever they hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailer_worker.settlement import (
    ATTEMPT_HEADER,
    DEAD_AT_HEADER,
    MAX_COUNT,
    MAX_REASON,
    REASON_HEADER,
    STATUS_HEADER,
    WAITED_HEADER,
)
from shared import events
from shared.amqp.rotation import Letter
from shared.errors import Malformed
from shared.events import ChangeEvent, text_of
from shared.topology import MAILER_QUEUE

#: An AMQP short string has no more bytes.
MAX_ID = 255
#: Longer words of strangers fill a screen.
MAX_WORD = 100
#: The year 2286, in seconds since 1970.
_LAST_MOMENT = 10_000_000_000

#: Why the broker itself makes a dead letter of a message.
_BROKERS_REASONS = {
    "delivery_limit": "the mailer ended too often while it worked on it",
    "rejected": "the mailer refused it",
    "expired": "it waited too long in the queue",
    "maxlen": "the queue was full",
}
_OURS = frozenset({ATTEMPT_HEADER, REASON_HEADER, STATUS_HEADER, DEAD_AT_HEADER})
_BROKERS = ("x-death", "x-first-death-", "x-last-death-")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A mail that was given up; `dead_at` in seconds since 1970.

    `status` is the submission's, `http_status` the one that ended it. What the letter
    does not say is None; `event_id` and `reason` are empty then.
    """

    event_id: str
    submission_id: str | None
    status: str | None
    http_status: int | None
    attempts: int | None
    dead_at: float | None
    reason: str

    def age(self, now: float) -> float | None:
        """Return for how many seconds it has been one."""
        return None if self.dead_at is None else max(now - self.dead_at, 0.0)


def dead_letter(letter: Letter) -> DeadLetter:
    """Return what the letter says; raise nothing."""
    headers = letter.headers
    event = _event(letter.body)
    row = (event and event.data.record) or {}
    death = _death(headers)
    return DeadLetter(
        event_id=(letter.message_id or (event.id if event else ""))[:MAX_ID],
        submission_id=event.data.submission_id[:MAX_ID] if event else None,
        status=_short(text_of(row, "status")),
        http_status=_whole(headers.get(STATUS_HEADER), 999),
        attempts=_attempts(headers, death),
        dead_at=_dead_at(headers, death),
        reason=_reason(headers, death),
    )


def replay_headers(headers: Mapping[str, object]) -> dict[str, object]:
    """Return the headers of a letter that is to be tried anew, without its past."""
    kept = {
        name: value
        for name, value in headers.items()
        if name not in _OURS and not name.startswith(_BROKERS)
    }
    return kept | {WAITED_HEADER: 1}


def _event(body: bytes) -> ChangeEvent | None:
    try:
        event = events.decode(body)
    except Malformed:
        return None
    return event if isinstance(event, ChangeEvent) else None


def _death(headers: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return how the broker made it one; None where the mailer did."""
    if DEAD_AT_HEADER in headers:
        return None
    return next((d for d in _deaths(headers) if d.get("queue") == MAILER_QUEUE), None)


def _deaths(headers: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    deaths = headers.get("x-death")
    for death in deaths if isinstance(deaths, list) else []:
        if isinstance(death, Mapping):
            yield death


def _attempts(
    headers: Mapping[str, object], death: Mapping[str, object] | None
) -> int | None:
    told = _whole(headers.get(ATTEMPT_HEADER), MAX_COUNT)
    return _whole(death.get("count"), MAX_COUNT) if death and told is None else told


def _dead_at(
    headers: Mapping[str, object], death: Mapping[str, object] | None
) -> float | None:
    moment = death.get("time") if death else headers.get(DEAD_AT_HEADER)
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment = math.floor(aware.timestamp())
    return _whole(moment, _LAST_MOMENT)


def _reason(headers: Mapping[str, object], death: Mapping[str, object] | None) -> str:
    told = text(headers.get(REASON_HEADER))[:MAX_REASON]
    if death is None:
        return told
    why = text(death.get("reason"))[:MAX_WORD]
    given_up = f"{_BROKERS_REASONS.get(why, 'given up by the broker')} ({why})"
    return f"{given_up}; before that: {told}" if told else given_up


def text(value: object) -> str:
    """Return a header's value as text, empty where it is none."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _whole(value: object, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None


def _short(value: str | None) -> str | None:
    return None if value is None else value[:MAX_WORD]
