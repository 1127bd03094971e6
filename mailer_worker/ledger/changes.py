"""Read and write the changes of a submission, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer_worker.ledger.clock import NOW
from mailer_worker.ledger.prepared import Prepared
from mailer_worker.ledger.tables import changes
from mailer_worker.standing import Change, Known, State
from shared.same_change import Identity
from shared.versions import Version

#: Of a submission's changes the newest so many are compared.
MAX_COMPARED = 50
#: First half of the keys of the locks that are held for a submission each.
_SUBMISSIONS = 7_305_282

_GIVEN = [
    column.name
    for column in changes.columns
    if column.name not in {"place", "seen_at", "reason"}
]
_LOCK = Prepared(text("select pg_advisory_xact_lock(:kind, hashtext(:name))"))
_ADMIT = {
    name: Prepared(
        dialect.insert(changes)
        .values(seen_at=NOW)
        .on_conflict_do_nothing(index_elements=[changes.c.event_id]),
        _GIVEN,
    )
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_OF_SUBMISSION = Prepared(
    select(changes, (NOW - changes.c.seen_at).label("age"))
    .where(changes.c.submission_id == bindparam("submission"))
    .order_by(changes.c.place.desc())
    .limit(MAX_COMPARED)
)
_MARK = Prepared(
    update(changes).where(changes.c.event_id == bindparam("event")),
    ["state", "reason"],
)


def lock(connection: Connection, submission_id: str) -> None:
    """Let no other worker decide about the submission until the transaction ends."""
    if connection.dialect.name == "postgresql":
        _LOCK.run(connection, {"kind": _SUBMISSIONS, "name": submission_id})


def admit(connection: Connection, change: Change, *, state: State) -> bool:
    """Give the change its place; False where it has one."""
    identity = change.identity
    sequence = change.version.sequence
    values = {
        "event_id": change.event_id,
        "submission_id": change.submission_id,
        "status": change.status,
        "status_before": change.status_before,
        "sequence": None if sequence is None else str(sequence),
        "updated_at": change.version.updated_at,
        "deleted": change.version.deleted,
        "fingerprint": identity.fingerprint if identity else None,
        "told_at": identity.time if identity else None,
        "state": state,
    }
    return _ADMIT[connection.dialect.name].run(connection, values).rowcount == 1


def of_submission(connection: Connection, submission_id: str) -> Sequence[Known]:
    """Return the submission's newest changes in the order of their arrival."""
    rows = _OF_SUBMISSION.run(connection, {"submission": submission_id}).all()
    return [_known(row) for row in reversed(rows)]


def mark(
    connection: Connection, event_id: str, state: State, reason: str | None = None
) -> None:
    """Note what became of the change."""
    values = {"state": state, "reason": reason, "event": event_id}
    _MARK.run(connection, values)


def _known(row: Row[Any]) -> Known:
    version = Version(
        sequence=None if row.sequence is None else int(row.sequence),
        updated_at=row.updated_at,
        deleted=bool(row.deleted),
    )
    identity = None
    if row.fingerprint is not None and row.told_at is not None:
        identity = Identity(
            event_id=row.event_id,
            fingerprint=row.fingerprint,
            time=row.told_at,
            sequence=version.sequence,
            is_versioned=version.updated_at is not None,
        )
    return Known(
        change=Change(
            event_id=row.event_id,
            submission_id=row.submission_id,
            status=row.status,
            status_before=row.status_before,
            version=version,
            identity=identity,
        ),
        place=row.place,
        age=row.age / 1000,
        state=row.state,
    )
