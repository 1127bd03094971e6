"""Any order of arrival, with repetitions: no old news, and the last word is heard."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, note
from hypothesis import strategies as st

from mailer_worker.standing import Drop, Due, Known, Wait, stand
from tests.plugins.ledgers import a_change

STATUSES = ["pending", "in-review", "approved", "rejected"]
SETTLE = 10.0


class Artist:
    """A mailer's memory of one submission, and what its artist was told."""

    def __init__(self, changes, *, settle):
        self.mails = []
        self.known = {}
        self.parked = []
        self._changes = changes
        self._settle = settle
        self._now = 0

    def deliver(self, number, *, has_waited=False):
        """Handle a delivery of the change; park it where it is to wait."""
        self._now += 1
        change = self._changes[number]
        mine = self.known.setdefault(
            number,
            Known(change=change, place=self._now, age=0.0, state="waiting"),
        )
        mine = replace(mine, age=(self._now - mine.place) / 1000)
        if mine.state == "accepted":
            return
        others = sorted(
            (k for n, k in self.known.items() if n != number), key=lambda k: k.place
        )
        found = stand(mine, others, settle=self._settle, has_waited=has_waited)
        note(f"{number} {change.status_before} -> {change.status}: {found}")
        match found:
            case Due():
                self.mails.append(number)
                self.known[number] = replace(mine, state="accepted")
            case Drop(state=state):
                self.known[number] = replace(mine, state=state)
            case Wait():
                self.parked.append(number)

    def expire(self):
        """Deliver what has waited longest."""
        if self.parked:
            self.deliver(self.parked.pop(0), has_waited=True)


@st.composite
def histories(draw):
    """Draw the statuses of a row one after the other, and what arrives when.

    What arrives is the number of a change, or None where a wait ends. Each change
    arrives at least once.
    """
    statuses = [draw(st.sampled_from(STATUSES))]
    for _ in range(draw(st.integers(1, 6))):
        others = [status for status in STATUSES if status != statuses[-1]]
        statuses.append(draw(st.sampled_from(others)))
    numbers = st.integers(0, len(statuses) - 2)
    more = draw(st.lists(st.one_of(numbers, st.none()), max_size=12))
    arrivals = draw(st.permutations([*range(len(statuses) - 1), *more]))
    return statuses, arrivals


def told(statuses, arrivals, *, settle):
    """Return the numbers of the changes that were mailed, in order."""
    changes = [
        a_change(n, status=after, before=before, sequence=n)
        for n, (before, after) in enumerate(itertools.pairwise(statuses))
    ]
    artist = Artist(changes, settle=settle)
    for number in arrivals:
        if number is None:
            artist.expire()
        else:
            artist.deliver(number)
    while artist.parked:
        artist.expire()
    return artist.mails


@given(histories())
def test_no_change_is_mailed_twice_and_no_older_one_after_a_newer(history):
    statuses, arrivals = history

    for settle in (0.0, SETTLE):
        mails = told(statuses, arrivals, settle=settle)
        assert mails == sorted(set(mails))


@given(histories())
def test_artist_ends_up_knowing_the_last_word(history):
    statuses, arrivals = history

    for settle in (0.0, SETTLE):
        mails = told(statuses, arrivals, settle=settle)
        knows = statuses[mails[-1] + 1] if mails else statuses[0]
        assert knows == statuses[-1]


@given(histories())
def test_who_waits_for_everything_sends_one_mail_or_none(history):
    statuses, arrivals = history
    all_first = [number for number in arrivals if number is not None]

    mails = told(statuses, all_first, settle=SETTLE)

    assert len(mails) == (statuses[0] != statuses[-1])
