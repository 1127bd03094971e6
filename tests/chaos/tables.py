"""Does each reader of the table have its last state? Pure, a part of the oracle.

A row is what its newest change made of it, by the sequence that the change was sent
with: of those that were accepted, and of those that came through without an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from tests.chaos.history import History, Listening, Logged, Row, Sent, Table
from tests.chaos.shown import told

#: Columns that each change of a row tells of.
ALWAYS = ("status", "rating", "feedback")


def faults(history: History) -> Iterator[str]:
    """Yield what each reader lacks, has too much, or has otherwise."""
    log = max(history.logs.values(), key=len, default=())
    logged = {event.id for event in log}
    standing = [each for each in history.sent if each.accepted or each.id in logged]
    newest = _newest(standing)
    begun = {each.row for each in standing if each.operation == "INSERT"}
    for table in history.tables:
        rows = {
            name: change.record
            for name, change in newest.items()
            if table.owner is None or change.artist in table.owner
        }
        # What nobody was told whole is known by its changes.
        parts = rows.keys() - begun if table.is_followed else frozenset[str]()
        yield from _of_table(table, rows | _stood(table, history.stood), parts)
        yield from _of_end(table, log)


def _newest(changes: Sequence[Sent]) -> dict[str, Sent]:
    found: dict[str, Sent] = {}
    for change in changes:
        known = found.get(change.row)
        if known is None or known.sequence < change.sequence:
            found[change.row] = change
    return found


def _stood(table: Table, stood: Mapping[str, Row]) -> dict[str, Row]:
    return {
        name: row
        for name, row in stood.items()
        if table.owner is None or row["userid"] in table.owner
    }


def _of_table(
    table: Table, expected: Mapping[str, Row | None], parts: Set[str]
) -> Iterator[str]:
    """`expected` has None for what is gone, `parts` may lack columns."""
    who, rows = table.reader, table.rows
    there = {name: row for name, row in expected.items() if row is not None}
    gone = expected.keys() - there.keys()
    yield from told(f"a row not shown to {who}", there.keys() - rows.keys())
    yield from told(f"a row that is gone, but shown to {who}", gone & rows.keys())
    yield from told(f"a row that is not {who}'s to see", rows.keys() - expected.keys())
    other = [
        name
        for name in there.keys() & rows.keys()
        if not _is_state(rows[name], there[name], is_part=name in parts)
    ]
    yield from told(f"a row shown to {who} as it is not", other)


def _is_state(row: Row, expected: Row, *, is_part: bool) -> bool:
    if is_part:
        expected = {name: expected.get(name) for name in {*row, *ALWAYS}}
    return row == expected


def _of_end(table: Table, log: Sequence[Logged]) -> Iterator[str]:
    """Nothing follows what the reader goes on after."""
    ids = [event.id for event in log]
    if table.as_of is not None and table.as_of not in ids:
        yield f"{table.reader} goes on after {table.as_of}, which is not in the log"
        return
    place = -1 if table.as_of is None else ids.index(table.as_of)
    room = Listening(name=table.reader, owner=table.owner)
    behind = [event.id for event in log[place + 1 :] if room.hears(event)]
    yield from told(f"follows the last that {table.reader} has read", behind)
