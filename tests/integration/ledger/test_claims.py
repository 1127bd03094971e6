"""Claims on mails: one at a time, and only its owner settles one."""

from __future__ import annotations

import pytest

from mailer_worker.ledger.ledger import Busy, Open, Sent
from mailer_worker.ledger.mails import Claim
from mailer_worker.standing import Drop, Due
from shared.addresses import key_of
from tests.plugins.ledgers import a_change, an_outcome, opened

ADA = "ada@a.test"


def claim(ledger, change=None, *, recipient=ADA):
    change = change or a_change()
    ledger.judge(change, has_waited=True)
    return ledger.claim(change, recipient, f"<{change.event_id}@mg.test>")


def judge(ledger, change=None):
    return ledger.judge(change or a_change(), has_waited=True)


def test_new_change_is_due_however_often_it_is_asked_about(ledger):
    assert judge(ledger) == Due()
    assert judge(ledger) == Due()


def test_claim_says_what_was_claimed(ledger):
    claimed = claim(ledger)

    assert (claimed.event_id, claimed.recipient) == ("evt_1", ADA)
    assert (claimed.state, claimed.attempt) == ("claimed", 1)
    assert claimed.message_id == "<evt_1@mg.test>"
    assert ledger.claims("evt_1") == [claimed]
    assert ledger.counts() == {"claimed": 1}


def test_claimed_mail_is_nobody_elses(ledger):
    claimed = claim(ledger)

    assert judge(ledger) == Open(claimed)
    assert claim(ledger) == Open(claimed)


def test_claimed_mail_is_not_claimed_for_another_address_of_its_artist(ledger):
    claimed = claim(ledger)

    assert claim(ledger, recipient="new@a.test") == Open(claimed)


def test_accepted_mail_is_never_claimed_again(ledger):
    claimed = claim(ledger)
    ledger.accepted(claimed, "<1@mailgun.test>")

    found = judge(ledger)

    assert isinstance(found, Sent)
    assert found.claim.mailgun_id == "<1@mailgun.test>"
    assert claim(ledger) == found
    assert ledger.counts() == {}


def test_released_mail_is_claimed_anew_by_a_higher_number(ledger):
    assert ledger.released(claim(ledger)) is True

    assert judge(ledger) == Due()
    assert claim(ledger).attempt == 2


def test_worker_that_was_given_up_does_not_settle_the_next_ones_claim(ledger):
    first = claim(ledger)
    ledger.released(first)
    second = claim(ledger)

    assert ledger.released(first) is False
    ledger.doubted(first)
    assert ledger.claims("evt_1") == [second]


def test_mail_that_a_given_up_worker_sees_accepted_is_accepted(ledger):
    first = claim(ledger)
    ledger.released(first)
    second = claim(ledger)
    ledger.accepted(first, "<1@mailgun.test>")

    assert isinstance(judge(ledger), Sent)
    assert ledger.released(second) is False
    assert isinstance(judge(ledger), Sent)


def test_doubted_mail_stays_claimed_and_says_since_when(ledger):
    doubted = ledger.doubted(claim(ledger))

    assert doubted.state == "uncertain"
    assert doubted.settled_at >= doubted.claimed_at
    assert judge(ledger) == Open(doubted)
    assert ledger.counts() == {"uncertain": 1}


def test_puzzle_is_noted_while_it_is_one(ledger):
    doubted = ledger.doubted(claim(ledger))

    assert ledger.puzzled(doubted) is True
    assert [entry.state for entry in ledger.show("s-1")] == ["uncertain"]
    assert judge(ledger) == Open(doubted)


def test_puzzle_that_a_webhook_has_solved_is_none(ledger):
    doubted = ledger.doubted(claim(ledger))
    ledger.told(an_outcome(cause="evt_1"))

    assert ledger.puzzled(doubted) is False
    assert [entry.state for entry in ledger.show("s-1")] == ["accepted"]


@pytest.mark.parametrize("state", ["claimed", "uncertain", "free"])
def test_mail_that_mailgun_tells_of_was_accepted(ledger, state):
    claimed = claim(ledger)
    if state == "uncertain":
        ledger.doubted(claimed)
    if state == "free":
        ledger.released(claimed)

    ledger.told(an_outcome(cause="evt_1"))

    assert isinstance(judge(ledger), Sent)


def test_next_mail_of_a_submission_waits_for_the_one_under_way(ledger):
    claim(ledger, a_change(1, sequence=1))
    newer = a_change(2, sequence=2)

    assert claim(ledger, newer) == Busy()


def test_next_mail_waits_for_none_whose_call_has_surely_ended(ledger_url):
    with opened(ledger_url, lease=1e-9) as ledger:
        claim(ledger, a_change(1, sequence=1))

        assert isinstance(claim(ledger, a_change(2, sequence=2)), Claim)


def test_change_that_was_superseded_since_it_was_judged_is_not_claimed(ledger):
    older, newer = a_change(1, sequence=1), a_change(2, sequence=2)
    judge(ledger, older)
    judge(ledger, newer)

    claimed = ledger.claim(older, ADA, "<m@mg.test>")

    assert isinstance(claimed, Drop)
    assert claimed.state == "superseded"


def test_mail_to_an_address_that_wants_none_is_not_claimed(ledger):
    ledger.told(
        an_outcome(
            "unsubscribed", suppression="unsubscribed", recipient_key=key_of(ADA)
        )
    )

    refused = claim(ledger, recipient=ADA.upper())

    assert isinstance(refused, Drop)
    assert refused.state == "skipped"
    assert "unsubscribed" in refused.reason
    assert isinstance(claim(ledger, recipient="grace@a.test"), Claim)


def test_suppression_is_told_once_and_lifted_once(ledger):
    for reason in ("bounced", "complained"):
        told = an_outcome("failed", suppression=reason, recipient_key=key_of(ADA))
        ledger.told(told)

    assert [each.reason for each in ledger.all_suppressed(10)] == ["bounced"]
    assert ledger.lift(key_of(ADA)) is True
    assert ledger.lift(key_of(ADA)) is False
    assert isinstance(claim(ledger), Claim)


@pytest.mark.parametrize("state", ["claimed", "uncertain"])
def test_change_is_not_taken_back_while_its_mail_may_be_on_its_way(ledger_url, state):
    there = a_change(1, status="approved", before="pending", sequence=1)
    back = a_change(2, status="pending", before="approved", sequence=2)
    with opened(ledger_url, settle=10.0) as ledger:
        claimed = claim(ledger, there)
        if state == "uncertain":
            ledger.doubted(claimed)

        assert judge(ledger, back) == Due()


def test_change_is_taken_back_where_its_mail_was_surely_not_taken(ledger_url):
    there = a_change(1, status="approved", before="pending", sequence=1)
    back = a_change(2, status="pending", before="approved", sequence=2)
    with opened(ledger_url, settle=10.0) as ledger:
        ledger.released(claim(ledger, there))

        assert judge(ledger, back).state == "taken-back"


def test_dead_letter_of_a_mail_that_was_taken_does_not_undo_that(ledger):
    ledger.accepted(claim(ledger), "<1@mailgun.test>")
    ledger.failed("evt_1", "no mail address is known for the artist")

    assert [entry.state for entry in ledger.show("s-1")] == ["accepted"]


def test_suppression_is_kept_whatever_the_reason_holds(ledger):
    told = an_outcome(
        "failed",
        suppression="bounced",
        recipient_key=key_of(ADA),
        reason="550 a\0b",
        cause="evt_9",
    )
    ledger.told(told)

    assert isinstance(claim(ledger), Drop)
