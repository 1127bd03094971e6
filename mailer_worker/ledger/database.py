"""Transactions on the ledger's database, one call each.

SQLite has one writer, and each commit waits for the disk: there the calls of all
threads that wait at the same time share one commit. PostgreSQL does that by itself, so
each thread has its own connection there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, SQLAlchemyError

from mailer_worker.ledger import engines, schema
from shared import logs
from shared.errors import LedgerUnavailable, Permanent

log = logs.get(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

#: For one call, its waiting included, in seconds.
CALL_DEADLINE = 20.0
#: Calls that share one commit at the most: while those that are not urgent are at
#: work the urgent ones wait.
MAX_URGENT, MAX_BATCH = 256, 16
#: PostgreSQL's class of errors for what goes beyond its limits (appendix A).
_LIMIT_EXCEEDED = "54"


class Database(Protocol):
    """Run calls in transactions."""

    def run(self, work: Work[T], *, urgent: bool = False) -> T:
        """Return what `work` returns, once it is committed; the `urgent` goes first.

        `work` may be run twice: it must do nothing but talk to the database. Raises
        LedgerUnavailable, after which it may be committed or not; Permanent where the
        database can never hold what it is given; and whatever else `work` raises.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def connect(url: str, *, threads: int) -> Database:
    """Return the database, its tables made; raise LedgerUnavailable.

    `threads` is how many call at once.
    """
    try:
        engine = engines.engine_of(url, threads=threads)
    except OSError as error:
        told = f"the ledger's folder cannot be made: {error.strerror}"
        raise LedgerUnavailable(told) from error
    try:
        schema.prepare(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise _unavailable(error) from error
    return _Shared(engine) if engine.dialect.name == "sqlite" else _Own(engine)


class _Own:
    """A connection for each call, from a pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, work: Work[T], *, urgent: bool = False) -> T:
        # Each has a connection of its own: nobody waits for another.
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _failure(error) from error

    def close(self) -> None:
        self._engine.dispose()


class _Call:
    """A piece of work, and the thread that waits for it."""

    __slots__ = ("done", "error", "given_up", "result", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.given_up = False
        # A lock is what an event is made of, at a tenth of its cost.
        self.done = threading.Lock()
        self.done.acquire()


class _Line:
    """The calls that wait: those that are urgent, then the others, some at a time."""

    def __init__(self) -> None:
        self._urgent: deque[_Call] = deque()
        self._others: deque[_Call] = deque()
        self._ended = False
        self._changed = threading.Condition()

    def put(self, call: _Call, *, urgent: bool) -> None:
        with self._changed:
            (self._urgent if urgent else self._others).append(call)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def take(self) -> list[_Call]:
        """Wait for calls; none are left at the end."""
        with self._changed:
            while not (self._urgent or self._others or self._ended):
                self._changed.wait()
            line, most = (
                (self._urgent, MAX_URGENT)
                if self._urgent
                else (self._others, MAX_BATCH)
            )
            return [line.popleft() for _ in range(min(len(line), most))]


class _Shared:
    """One connection and one thread; the calls that wait share a commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._line = _Line()
        self._thread = threading.Thread(
            target=self._serve, name="ledger.writer", daemon=True
        )
        self._thread.start()

    def run(self, work: Work[T], *, urgent: bool = False) -> T:
        call = _Call(work)
        self._line.put(call, urgent=urgent)
        if not call.done.acquire(timeout=CALL_DEADLINE):
            # Nobody would use the claim that it made so late.
            call.given_up = True
            raise LedgerUnavailable("the ledger does not answer")
        if call.error is not None:
            raise call.error
        result: T = call.result
        return result

    def close(self) -> None:
        self._line.end()
        self._thread.join(CALL_DEADLINE)
        self._engine.dispose()

    def _serve(self) -> None:
        while batch := self._line.take():
            # One call's failure is no other's: then each has a commit of its own.
            if not self._commit(batch):
                for call in batch:
                    self._commit([call], last=True)
            for call in batch:
                call.done.release()

    def _commit(self, batch: list[_Call], *, last: bool = False) -> bool:
        try:
            with self._engine.begin() as connection:
                for call in batch:
                    if not call.given_up:
                        call.result = call.work(connection)
        except Exception as error:  # noqa: BLE001 # it is raised where it was asked for
            if last:
                for call in batch:
                    call.error = _failure(error)
            return False
        return True


def _failure(error: Exception) -> Exception:
    if isinstance(error, DataError) or _is_too_much(error):
        return Permanent("the ledger's database cannot hold what the change says")
    return _unavailable(error) if isinstance(error, SQLAlchemyError) else error


def _is_too_much(error: Exception) -> bool:
    """Tell whether PostgreSQL refuses a value for its length, as it does in indexes."""
    cause = getattr(error, "orig", None)
    return str(getattr(cause, "sqlstate", None) or "").startswith(_LIMIT_EXCEEDED)


def _unavailable(error: SQLAlchemyError) -> LedgerUnavailable:
    # The statement's values are addresses; the driver's own words are not.
    cause = getattr(error, "orig", None) or error
    words = str(cause).strip().splitlines() or [type(cause).__name__]
    return LedgerUnavailable(f"the ledger cannot be used: {words[0][:200]}")
