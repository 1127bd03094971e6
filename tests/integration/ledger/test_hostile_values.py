"""Values that nobody means well with: the ledger keeps them, or gives up on them."""

from __future__ import annotations

import random
import string
from contextlib import suppress

import pytest

from mailer_worker.ledger.mails import Claim
from mailer_worker.standing import Due
from shared.errors import Permanent
from shared.versions import Version
from tests.plugins.ledgers import a_change, an_outcome, opened, postgres_ledger

#: PostgreSQL packs what repeats itself, so that it would still fit into an index.
LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=10_000))


@pytest.fixture
def on_postgres(postgres):
    with opened(postgres_ledger(postgres)) as made:
        yield made


def judge(ledger, **parts):
    return ledger.judge(a_change(**parts), has_waited=True)


@pytest.mark.parametrize("sequence", [10**39, -(10**39), 2**63, 0])
def test_sequence_of_any_size_keeps_its_place_in_the_order(ledger, sequence):
    judge(ledger, number=1, sequence=sequence)

    assert judge(ledger, number=2, sequence=sequence - 1).state == "superseded"
    assert judge(ledger, number=3, sequence=sequence + 1) == Due()


@pytest.mark.parametrize(
    "text", ["'; drop table changes; --", "%s %(a)s :name", "\u202e\u2028", "🎵" * 99]
)
def test_text_of_any_kind_comes_back_as_it_was(ledger, text):
    judge(ledger, event_id=text, submission_id=text, status=text)
    claimed = ledger.claim(
        a_change(event_id=text, submission_id=text, status=text), text, "<m@x>"
    )

    assert isinstance(claimed, Claim)
    assert claimed.recipient == text
    (entry,) = ledger.show(text)
    assert (entry.event_id, entry.status) == (text, text)


@pytest.mark.parametrize("name", ["event_id", "submission_id", "status"])
def test_nul_is_given_up_or_kept(ledger, name):
    try:
        judged = judge(ledger, **{name: "a\0b"})
    except Permanent:
        judged = Due()

    assert judged == Due()
    assert judge(ledger, number=2, submission="s-2") == Due()


@pytest.mark.parametrize("name", ["event_id", "submission_id"])
def test_long_id_is_given_up_or_kept(ledger, name):
    try:
        judged = judge(ledger, **{name: LONG})
    except Permanent:
        judged = Due()

    assert judged == Due()
    assert judge(ledger, number=2, submission="s-2") == Due()


@pytest.mark.parametrize("text", ["a\0b", LONG])
def test_what_postgresql_cannot_hold_is_not_taken_for_a_ledger_that_is_away(
    on_postgres, text
):
    with pytest.raises(Permanent):
        judge(on_postgres, event_id=text)
    judge(on_postgres)
    with pytest.raises(Permanent):
        on_postgres.claim(a_change(), text, "<m@x>")
    with suppress(Permanent):  # of a mail that was never sent nothing is kept
        on_postgres.told(an_outcome(cause=text))

    assert isinstance(on_postgres.claim(a_change(), "a@a.test", "<m@x>"), Claim)


def test_moment_beyond_all_bounds_harms_no_other_change(ledger):
    endless = Version(updated_at=10**39)

    with pytest.raises((Permanent, OverflowError)):
        judge(ledger, version=endless)
    assert judge(ledger, number=2) == Due()
