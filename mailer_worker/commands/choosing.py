"""Which dead letters are meant, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailer_worker.commands.letters import DeadLetter, dead_letter, replay_headers
from shared.amqp.rotation import Fate, Keep, Letter, MoveTo, Remove
from shared.topology import MAILER_QUEUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What an operator asked for: all that is given must hold; ages in seconds.

    What a letter does not say holds for nothing.
    """

    ids: frozenset[str] = frozenset()
    reason: str | None = None
    http_status: int | None = None
    older_than: float | None = None
    newer_than: float | None = None
    submission: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether nothing was asked for."""
        return self == Filter()

    def takes(self, letter: DeadLetter, *, now: float) -> bool:
        """Tell whether the letter is meant; `now` in seconds since 1970."""
        return (
            (not self.ids or letter.event_id in self.ids)
            and (self.reason is None or _holds(letter.reason, self.reason))
            and self.http_status in {None, letter.http_status}
            and self.submission in {None, letter.submission_id}
            and self._takes_age(letter.age(now))
        )

    def _takes_age(self, age: float | None) -> bool:
        if age is None:
            return self.older_than is None and self.newer_than is None
        old = self.older_than is None or age > self.older_than
        return old and (self.newer_than is None or age < self.newer_than)


def keep(letter: Letter) -> Fate:
    """Leave it where it is."""
    return Keep()


def remove(letter: Letter) -> Fate:
    """Let go of it for good."""
    return Remove()


def replay(letter: Letter) -> Fate:
    """Give it to the mailer again; it has waited long enough."""
    return MoveTo(MAILER_QUEUE, replay_headers(letter.headers))


@dataclass(slots=True, kw_only=True)
class Chooser:
    """Does `then` with the letters that are meant, the first `limit`; keeps the others.

    `chosen` are those that it was done with.
    """

    wanted: Filter
    then: Callable[[Letter], Fate]
    now: float
    limit: int | None = None
    chosen: list[DeadLetter] = field(default_factory=list)

    def __call__(self, letter: Letter) -> Fate:
        """Decide about the next letter."""
        if self.limit is not None and len(self.chosen) >= self.limit:
            return Keep()
        found = dead_letter(letter)
        if not self.wanted.takes(found, now=self.now):
            return Keep()
        self.chosen.append(found)
        return self.then(letter)


def _holds(reason: str, words: str) -> bool:
    return words.casefold() in reason.casefold()
