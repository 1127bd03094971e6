"""Which of two states of a row is the newer one?

Webhooks arrive out of order. A row's version is the sender's `sequence` where it gave
one, else the row's `updated_at`; a state without either has no place in the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from shared.events import ChangeEvent, text_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: More digits than any counter has; longer numbers are costly to read.
_MAX_DIGITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The place of a row's state: `updated_at` in microseconds since 1970."""

    sequence: int | None = None
    updated_at: int | None = None
    deleted: bool = False


def version_of(event: ChangeEvent) -> Version:
    """Return the version of the state that the event tells of."""
    sequence = None if event.sequence is msgspec.UNSET else event.sequence
    row = event.data.record or event.data.old_record or {}
    return Version(
        sequence=_number(sequence),
        updated_at=microseconds(text_of(row, "updated_at")),
        deleted=event.data.operation == "DELETE",
    )


def is_older(version: Version, seen: Version) -> bool:
    """Tell whether `version` must not overwrite `seen`; what cannot be compared may.

    A deletion carries the version of the state that it ended, and is the later one.
    """
    for mine, theirs in (
        (version.sequence, seen.sequence),
        (version.updated_at, seen.updated_at),
    ):
        if mine is not None and theirs is not None:
            after_deletion = seen.deleted and not version.deleted
            return mine < theirs or (mine == theirs and after_deletion)
    return False


def newest(version: Version, seen: Version) -> Version:
    """Return what is known after `version`, which is not older than `seen`."""
    return Version(
        sequence=seen.sequence if version.sequence is None else version.sequence,
        updated_at=(
            seen.updated_at if version.updated_at is None else version.updated_at
        ),
        deleted=version.deleted,
    )


def microseconds(timestamp: str | None) -> int | None:
    """Return a database's timestamp as microseconds since 1970, None where it is none.

    One without a time zone counts as UTC.
    """
    if timestamp is None:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _number(text: str | None) -> int | None:
    if text is None or len(text) > _MAX_DIGITS:
        return None
    try:
        return int(text)
    except ValueError:
        return None
