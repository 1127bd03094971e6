"""Fewer messages for those who ask for fewer: the newest state of each submission.

Messages go out in the order of the first event in each, and under its id: whoever comes
back with the last id seen is sent again what may have been in a message, and misses
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from realtime_gateway.changelog.entries import Stored
from realtime_gateway.told import Told
from shared.events import ChangeData, ChangeEvent, EmailEvent, Event


class Conflated:
    """What waits for one client: at most one message for each submission and kind.

    `size` is that of the events' bodies, in bytes.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Told] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, told: Told) -> None:
        """Take in the next event; what it overtakes becomes part of it."""
        key = _key(told.event)
        earlier = self._waiting.get(key)
        if earlier is None:
            self._keep(key, told)
        elif not told.stale or earlier.stale:
            self.size -= earlier.size
            self._keep(key, merged(earlier, told))  # in its place

    def take(self) -> Told:
        """Return the first message; raises StopIteration where there is none."""
        told = self._waiting.pop(next(iter(self._waiting)))
        self.size -= told.size
        return told

    def _keep(self, key: tuple[str, str], told: Told) -> None:
        self._waiting[key] = told
        self.size += told.size


def merged(earlier: Told, later: Told) -> Told:
    """Return one event that says what both say, under the id of the first."""
    first, second = earlier.event, later.event
    if isinstance(first, ChangeEvent) and isinstance(second, ChangeEvent):
        data = _merged(first.data, second.data)
        event: Event = msgspec.structs.replace(second, id=first.id, data=data)
    else:
        event = msgspec.structs.replace(second, id=first.id)
    return Told(
        Stored(
            position=earlier.position, event=event, stale=later.stale, size=later.size
        )
    )


def _merged(first: ChangeData, second: ChangeData) -> ChangeData:
    if first.operation == "INSERT" and second.operation == "UPDATE":
        # Who has not heard of the row yet hears of it as new, and whole.
        return msgspec.structs.replace(
            second,
            operation="INSERT",
            updated_fields=_union(first.updated_fields, second.updated_fields),
            old_record=None,
        )
    if second.operation != "UPDATE":
        return second
    # What the client last saw is what stood before the first of them.
    before = (second.old_record or {}) | (first.old_record or {})
    return msgspec.structs.replace(
        second,
        updated_fields=_union(first.updated_fields, second.updated_fields),
        old_record=before,
    )


def _union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*first, *second)))


def _key(event: Event) -> tuple[str, str]:
    kind = "email" if isinstance(event, EmailEvent) else "submission"
    return kind, event.subject
