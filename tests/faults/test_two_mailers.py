"""Two mailers on one ledger: one mail per change, a submission's in their order."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from tests.plugins.ledgers import (
    IMPATIENT,
    NO_SUPABASE,
    depths,
    mailed,
    postgres_ledger,
    states,
)
from tests.plugins.mails import dead_letters
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, turn

SUBMISSIONS, TURNS = 20, 10
STATUSES = ["pending", "in-review", "approved", "rejected"]
SEED = 20261123


@pytest.fixture
def mailers(start, bus_url, mailgun, postgres):
    ledger = postgres_ledger(postgres)
    pair = [
        start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            mailgun.url,
            **IMPATIENT,
            MAILER_DATABASE_URL=ledger,
        )
        for _ in range(2)
    ]
    return ledger, pair


def turns_of(submission):
    return [
        turn(
            f"evt_{submission}_{number}",
            STATUSES[number % 4],
            STATUSES[(number + 1) % 4],
            submission=f"s-{submission}",
            sequence=number,
        )
        for number in range(TURNS)
    ]


def test_each_submissions_mails_keep_their_order_and_end_with_the_last_word(
    mailers, bus, bus_url, mailgun
):
    ledger, pair = mailers
    everything = [each for n in range(SUBMISSIONS) for each in turns_of(n)]
    random.Random(SEED).shuffle(everything)
    publish_all(bus, everything)
    last_words = {f"evt_{n}_{TURNS - 1}" for n in range(SUBMISSIONS)}
    until(lambda: last_words <= set(mailed(mailgun)), timeout=40)
    until(lambda: not depths(bus_url), timeout=40)
    for mailer in pair:
        assert mailer.stop() == 0

    sent = defaultdict(list)
    for event_id in mailed(mailgun):
        _, submission, number = event_id.split("_")
        sent[submission].append(int(number))

    assert all(numbers == sorted(set(numbers)) for numbers in sent.values())
    known = states(ledger, [f"s-{n}" for n in range(SUBMISSIONS)])
    accepted = {event_id for event_id, state in known.items() if state == "accepted"}
    assert accepted == set(mailed(mailgun))
    assert set(known.values()) == {"accepted", "superseded"}
    assert len(known) == SUBMISSIONS * TURNS
    assert dead_letters(bus_url) == []
    assert all('"delivery.settled"' in mailer.output() for mailer in pair)
