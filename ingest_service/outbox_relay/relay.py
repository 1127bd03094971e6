"""The relay's loop: claim a batch, publish it, settle it; come back after any fault.

An event is marked as delivered only after its confirm, in the transaction that has
locked it. Killed in between, its row is free again and published once more, under the
same id, which readers drop.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import psycopg

from ingest_service.outbox_relay.batch import Outgoing, Refusal, Row, plan, waves
from ingest_service.outbox_relay.outbox import Backlog
from shared import logs
from shared.amqp.message import Message
from shared.errors import NotPublished
from shared.tracing.spans import NO_TRACER, Tracer

log = logs.get(__name__)

#: A batch, all waves of it, may take the broker so many seconds.
PUBLISH_DEADLINE = 5.0
#: Between looks at a broker that is away, in seconds.
BROKER_PAUSE = 0.1
#: How old the backlog that health shows may be, in seconds.
BACKLOG_AGE = 5.0
BACKOFF_FIRST, BACKOFF_LONGEST = 0.1, 5.0
#: While another relay holds what comes first, in seconds.
HELD_FIRST = 0.01


class Bus(Protocol):
    """What is asked of a publisher."""

    @property
    def ready(self) -> bool: ...

    def publish_all(
        self, messages: Sequence[Message], *, timeout: float
    ) -> list[NotPublished | None]: ...


class Rows(Protocol):
    """What is asked of the outbox."""

    def claim(self, *, at_most: int, max_payload: int) -> list[Row]: ...

    def settle(self, delivered: Sequence[int], aside: Mapping[int, str]) -> None: ...

    def backlog(self) -> Backlog: ...

    def wait(self, seconds: float, stopping: threading.Event) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator has set; sizes in bytes, times in seconds."""

    table: str
    max_payload: int
    batch: int
    poll: float


class _Next(Enum):
    """What follows a batch."""

    AT_ONCE = "there may be more"
    NEWS = "nothing is left"
    HELD = "another relay holds an older event of the same submission"
    TROUBLE = "the broker did not take everything"


class Relay:
    """Work until stopped; `open_outbox` connects, or raises psycopg.Error."""

    def __init__(
        self,
        *,
        open_outbox: Callable[[], Rows],
        bus: Bus,
        rules: Rules,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._open_outbox = open_outbox
        self._bus = bus
        self._rules = rules
        self._tracer = tracer
        self._failures = 0
        self._held = 0
        self._looked = 0.0
        #: What was done since the start.
        self.published = 0
        self.set_aside = 0
        #: For health: the last known backlog, None while the database is away.
        self.backlog: Backlog | None = None
        self.fault: str | None = None

    def run(self, stopping: threading.Event) -> None:
        """Relay until `stopping` is set; what is under way then is finished first."""
        while not stopping.is_set():
            try:
                outbox = self._open_outbox()
                try:
                    self._serve(outbox, stopping)
                finally:
                    outbox.close()
            except psycopg.Error as error:
                self._tell(_reason(error))
                stopping.wait(self._backoff())

    def _serve(self, outbox: Rows, stopping: threading.Event) -> None:
        self._looked = 0.0
        while not stopping.is_set():
            self._look(outbox)
            if not self._bus.ready:
                # No row is locked for a broker that is away.
                stopping.wait(BROKER_PAUSE)
                continue
            follows = self._batch(outbox)
            if follows is _Next.TROUBLE:
                stopping.wait(self._backoff())
            elif follows is _Next.HELD:
                self._held += 1
                pause = min(HELD_FIRST * 2**self._held, self._rules.poll)
                outbox.wait(_jittered(pause), stopping)
            elif follows is _Next.NEWS:
                outbox.wait(self._rules.poll, stopping)

    def _look(self, outbox: Rows) -> None:
        if time.monotonic() - self._looked < BACKLOG_AGE:
            return
        self.backlog = outbox.backlog()
        self._looked = time.monotonic()

    def _batch(self, outbox: Rows) -> _Next:
        started = time.perf_counter()
        rows = outbox.claim(
            at_most=self._rules.batch, max_payload=self._rules.max_payload
        )
        claimed = plan(
            rows, table=self._rules.table, now=time.time(), tracer=self._tracer
        )
        delivered, error = self._publish(claimed.publish)
        _end_spans(claimed.publish, delivered)
        outbox.settle(
            delivered, {place: each.reason for place, each in claimed.aside.items()}
        )
        self.published += len(delivered)
        self.set_aside += len(claimed.aside)
        names = {row.sequence: row.event_id for row in rows}
        for sequence, refusal in claimed.aside.items():
            _log_aside(sequence, names[sequence], refusal)
            self._looked = 0.0
        if rows:
            write = log.info if error is None else log.warning
            write(
                "relay.batch",
                claimed=len(rows),
                published=len(delivered),
                set_aside=len(claimed.aside),
                held=sum(row.waits for row in rows),
                error=error,
                event_ids=[names[place] for place in delivered],
                duration_ms=round((time.perf_counter() - started) * 1000, 2),
            )
        self._recover()
        if error is not None:
            return _Next.TROUBLE
        self._failures = 0
        return self._next(rows)

    def _next(self, rows: Sequence[Row]) -> _Next:
        waiting = sum(row.waits for row in rows)
        if waiting < len(rows):
            self._held = 0
        if not rows or (waiting == 0 and len(rows) < self._rules.batch):
            return _Next.NEWS
        return _Next.HELD if waiting == len(rows) else _Next.AT_ONCE

    def _publish(self, outgoing: Sequence[Outgoing]) -> tuple[list[int], str | None]:
        """Return the sequences that are safe, and what went wrong with the next."""
        until = time.monotonic() + PUBLISH_DEADLINE
        delivered: list[int] = []
        for wave in waves(outgoing):
            outcomes = self._bus.publish_all(
                [each.message for each in wave], timeout=until - time.monotonic()
            )
            told = list(zip(wave, outcomes, strict=True))
            delivered += [each.sequence for each, error in told if error is None]
            errors = [error for _, error in told if error is not None]
            if errors:
                return delivered, str(errors[0])
        return delivered, None

    def _backoff(self) -> float:
        longest = min(BACKOFF_FIRST * 2**self._failures, BACKOFF_LONGEST)
        # Further doubling changes nothing, and would not fit a float some day.
        self._failures = min(self._failures + 1, 10)
        return _jittered(longest)

    def _recover(self) -> None:
        if self.fault is not None:
            log.info("outbox.found")
        self.fault = None

    def _tell(self, reason: str) -> None:
        if reason != self.fault:
            log.warning("outbox.lost", reason=reason)
        self.fault = reason
        self.backlog = None


def _end_spans(outgoing: Sequence[Outgoing], delivered: Sequence[int]) -> None:
    safe = frozenset(delivered)
    for each in outgoing:
        if each.sequence not in safe:
            each.span.fail("NotPublished")
        each.span.end()


def _log_aside(sequence: int, event_id: str, refusal: Refusal) -> None:
    log.error(
        "relay.set-aside", sequence=sequence, event_id=event_id, reason=refusal.told
    )


def _jittered(longest: float) -> float:
    return random.uniform(0, longest)  # noqa: S311 # nosec B311 # a pause, not a secret


def _reason(error: psycopg.Error) -> str:
    # Details may quote a row; the first sentence does not.
    text = error.diag.message_primary or str(error).partition("\n")[0]
    return text or type(error).__name__
