"""Do two events tell of one and the same change?

Two webhooks on one table tell of each change in two requests. Where the sender gives
them no ids of its own they get different ones here, and equal fingerprints. The same
change made again in earnest has an equal fingerprint too, but comes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from shared.events import ChangeEvent
from shared.versions import microseconds, version_of

#: Deliveries of one change come within this time of each other, as events tell it.
SAME_CHANGE = timedelta(seconds=10)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is compared of an event that tells of a change.

    `time` in microseconds since 1970; `is_versioned`: the row itself says when it
    changed, so that equal rows are one state and never two.
    """

    event_id: str
    fingerprint: str
    time: int
    sequence: int | None
    is_versioned: bool


def identity_of(event: ChangeEvent) -> Identity | None:
    """Return what is compared; None where an event has nothing to be known again by."""
    time = microseconds(event.time)
    if event.fingerprint is msgspec.UNSET or time is None:
        return None
    version = version_of(event)
    return Identity(
        event_id=event.id,
        fingerprint=event.fingerprint,
        time=time,
        sequence=version.sequence,
        is_versioned=version.updated_at is not None,
    )


def is_same_change(
    identity: Identity, earlier: Identity, *, earlier_is_newest: bool
) -> bool:
    """Tell whether `identity` repeats the change that `earlier` told of.

    Rows without a version may go there and back again within the time: of those only
    what is still the newest change of its row, `earlier_is_newest`, can be repeated.
    """
    apart = abs(identity.time - earlier.time) * _MICROSECOND
    sequences = {identity.sequence, earlier.sequence} - {None}
    return (
        identity.fingerprint == earlier.fingerprint
        and apart <= SAME_CHANGE
        and len(sequences) < 2  # with a sequence each, and different ones: never
        and (earlier_is_newest or identity.is_versioned)
    )
