"""How the ledger's database is reached: SQLite or PostgreSQL, by its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from mailer_worker.ledger import clock
from mailer_worker.ledger.tables import POSTGRES_SCHEMA

#: Waits in the database, in seconds; all are shorter than a call's own deadline.
BUSY_TIMEOUT = 10
CONNECT_TIMEOUT = 5
STATEMENT_TIMEOUT = 10
#: Transactions are short, so that a few connections serve many threads.
MAX_CONNECTIONS = 20


def usable(address: str) -> URL:
    """Return the address as SQLAlchemy wants it; raise ValueError.

    `sqlite:///relative/file`, `sqlite:////absolute/file` or `postgresql://...`.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise ValueError("is no database address") from None
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise ValueError("must be sqlite:///path/to/file or postgresql://...")


def engine_of(address: str, *, threads: int) -> Engine:
    """Return the engine; nothing is connected yet."""
    url = usable(address)
    if url.drivername == "sqlite":
        return _sqlite(url)
    return create_engine(
        url,
        pool_size=min(threads, MAX_CONNECTIONS),
        max_overflow=0,
        pool_timeout=STATEMENT_TIMEOUT,
        pool_pre_ping=True,
        pool_recycle=1_800,
        # Whoever waited for a lock has to see what its last owner did.
        isolation_level="READ COMMITTED",
        execution_options={"schema_translate_map": {None: POSTGRES_SCHEMA}},
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            # A pooler in front may give each transaction another server process.
            "prepare_threshold": None,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT}s"
            f" -c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT}s",
        },
        hide_parameters=True,
    )


def _sqlite(url: URL) -> Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        # Transactions begin where SQLAlchemy says, and not where the driver guesses.
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        # A claim that a power cut takes back would be a mail sent twice.
        connection.execute("pragma synchronous = full")
        connection.create_function(clock.TICKS, 0, clock.ticks)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # At once for writing: one that reads first could not go on to write.
        connection.exec_driver_sql("begin immediate")

    return engine
