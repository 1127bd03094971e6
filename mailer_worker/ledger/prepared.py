"""Statements that are written out once, for those that every mail needs.

What SQLAlchemy does around each execution of one takes several times as long as the
database does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.sql.elements import ClauseElement

from mailer_worker.ledger.tables import POSTGRES_SCHEMA

_OPTIONS = {"preserve_rowcount": True}


class Prepared:
    """A statement; `columns` are those that an INSERT or an UPDATE is given."""

    def __init__(self, statement: Executable, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = columns
        self._written: dict[str, tuple[str, Sequence[str] | None, dict[str, Any]]] = {}

    def run(
        self, connection: Connection, values: Mapping[str, object]
    ) -> CursorResult[Any]:
        """Execute it with the values of its parameters and columns.

        They go to the driver as they are, and so do its rows come back.
        """
        dialect = connection.dialect.name
        if dialect not in self._written:
            self._written[dialect] = self._write_out(connection)
        text, order, constants = self._written[dialect]
        named = {**constants, **values}
        given = named if order is None else tuple(named[name] for name in order)
        return connection.exec_driver_sql(text, given, execution_options=_OPTIONS)

    def _write_out(
        self, connection: Connection
    ) -> tuple[str, Sequence[str] | None, dict[str, Any]]:
        is_postgres = connection.dialect.name == "postgresql"
        assert isinstance(self._statement, ClauseElement)  # noqa: S101 # nosec B101 # all are
        compiled: Any = self._statement.compile(
            dialect=connection.dialect,
            column_keys=list(self._columns) or None,
            schema_translate_map={None: POSTGRES_SCHEMA} if is_postgres else None,
            render_schema_translate=is_postgres,
        )
        return str(compiled), compiled.positiontup, dict(compiled.params)
