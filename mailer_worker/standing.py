"""Where a status change stands among the others of its submission: the pure decision.

Webhooks come twice, late and out of order, admins change their minds, and a mail may
wait a day for its next attempt. Whatever happened, an artist hears the last word, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Literal

from mailer_worker.plan import written
from shared.events import ChangeEvent, text_of
from shared.same_change import Identity, identity_of, is_same_change
from shared.versions import Version, is_older, version_of

#: What became of a change so far, as the ledger keeps it.
State = Literal[
    "waiting",  # for the last word, or for its turn
    "repeated",  # another event told of the same change
    "superseded",  # the submission changed again
    "taken-back",  # the submission went back to what the artist knows
    "skipped",  # there is no mail for it, or nobody who wants one
    "uncertain",  # Mailgun may have the mail
    "accepted",  # Mailgun has the mail
    "failed",  # a dead letter
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A status change, as far as others are compared with it.

    `status` and `status_before` as they are compared (`plan.written`).
    """

    event_id: str
    submission_id: str
    status: str
    status_before: str | None
    version: Version
    identity: Identity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A change that the ledger has: its place in the order of arrival, and its state.

    `age` is for how long it has been heard of, in seconds.
    """

    change: Change
    place: int
    age: float
    state: State


@dataclass(frozen=True, slots=True)
class Due:
    """Its mail may be sent; `newest` is the last place of all that were compared."""

    newest: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """The last word may not have been spoken: look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """No mail: `state` and `reason` are kept; `twin` where another event has it."""

    state: State
    reason: str
    twin: str | None = None


Standing = Due | Wait | Drop


def change_of(event: ChangeEvent) -> Change:
    """Return what is compared of an event."""
    before = text_of(event.data.old_record or {}, "status")
    return Change(
        event_id=event.id,
        submission_id=event.subject,
        status=written(text_of(event.data.record or {}, "status")),
        status_before=None if before is None else written(before),
        version=version_of(event),
        identity=identity_of(event),
    )


def stand(
    mine: Known, others: Sequence[Known], *, settle: float, has_waited: bool
) -> Standing:
    """Decide; `others` are the submission's other changes by their place.

    `settle` is in seconds; `has_waited` says that the settle time is over, whatever
    the clock tells.
    """
    twin = _twin(mine, others)
    if twin is not None:
        reason = "another event told of the same change"
        return Drop("repeated", reason, twin.change.event_id)
    real = [other for other in others if other.state != "repeated"]
    is_over = any(_follows(other, mine) for other in real)
    if is_over and not _says_what_the_last_did_not(mine, real):
        return Drop("superseded", "the status changed again")
    # No longer where a clock was set back: all that wait behind it would wait too.
    left = min(settle - mine.age, settle)
    if left > 0 and not has_waited:
        return Wait(left)
    if settle and _is_back(mine, real):
        return Drop("taken-back", "the status is again what it was before")
    return Due(max(known.place for known in (mine, *others)))


def _twin(mine: Known, others: Sequence[Known]) -> Known | None:
    if mine.change.identity is None:
        return None
    earlier = [other for other in others if other.place < mine.place]
    for distance, other in enumerate(reversed(earlier)):
        identity = other.change.identity
        if identity is not None and is_same_change(
            mine.change.identity, identity, earlier_is_newest=distance == 0
        ):
            return other
    return None


def _follows(other: Known, mine: Known) -> bool:
    """Tell whether the other is the later change; by arrival where rows do not say."""
    if is_older(mine.change.version, other.change.version):
        return True
    if is_older(other.change.version, mine.change.version):
        return False
    return other.place > mine.place


def _says_what_the_last_did_not(mine: Known, others: Sequence[Known]) -> bool:
    """Tell whether the last word was taken back only for want of this late change."""
    last = min(others, key=cmp_to_key(_newest_first))
    before = [mine, *(other for other in others if other is not last)]
    return (
        last.state == "taken-back"
        and last.change.status == mine.change.status
        and not _is_back(last, before)
    )


def _newest_first(one: Known, other: Known) -> int:
    return -1 if _follows(one, other) else 1


def _is_back(mine: Known, others: Sequence[Known]) -> bool:
    """Tell whether all that nobody was told of ends where it began."""
    before = None
    for other in sorted(others, key=cmp_to_key(_newest_first)):
        if other.state not in {"waiting", "superseded"}:
            break
        before = other.change.status_before
    return before is not None and before == mine.change.status
