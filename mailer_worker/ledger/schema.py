"""The tables are made on first use, and refused where they are another layout's."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DatabaseError

from mailer_worker.ledger import clock
from mailer_worker.ledger.tables import LAYOUT, POSTGRES_SCHEMA, layout, metadata

#: Names the lock under which one of several mailers makes the tables.
_LOCK = 7_305_281


def prepare(engine: Engine) -> None:
    """Make what is missing; raise SQLAlchemyError."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:n)"), {"n": _LOCK})
            if not _has_schema(connection):
                connection.execute(text(f'create schema "{POSTGRES_SCHEMA}"'))
        metadata.create_all(connection)
        found = connection.execute(select(layout.c.version)).scalar()
        if found is None:
            connection.execute(insert(layout).values(version=LAYOUT))
        elif found != LAYOUT:
            told = f"the ledger has layout {found}, this mailer needs {LAYOUT}"
            raise DatabaseError(None, None, ValueError(told))
        if connection.dialect.name == "sqlite":
            clock.prepare(connection)


def _has_schema(connection: Connection) -> bool:
    # Asked first: to create one needs a right that a role may lack.
    query = "select 1 from pg_namespace where nspname = :name"
    found = connection.execute(text(query), {"name": POSTGRES_SCHEMA}).scalar()
    return found is not None
