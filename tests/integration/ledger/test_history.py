"""What the ledger remembers of changes, shows of them, and forgets."""

from __future__ import annotations

from mailer_worker.standing import Drop, Due, Wait
from tests.plugins.ledgers import a_change, an_outcome, opened

EVERYTHING = -1.0


def judge(ledger, change, *, has_waited=True):
    return ledger.judge(change, has_waited=has_waited)


def state_of(ledger):
    return {entry.event_id: entry.state for entry in ledger.show("s-1")}


def test_older_change_that_comes_late_is_superseded(ledger):
    judge(ledger, a_change(2, sequence=2))

    found = judge(ledger, a_change(1, sequence=1))

    assert found.state == "superseded"
    assert state_of(ledger) == {"evt_2": "waiting", "evt_1": "superseded"}


def test_second_event_of_a_change_is_known_across_restarts(ledger_url):
    with opened(ledger_url) as ledger:
        judge(ledger, a_change(1, told_at=0))
    with opened(ledger_url) as ledger:
        found = judge(ledger, a_change(2, told_at=200_000))

    assert (found.state, found.twin) == ("repeated", "evt_1")


def test_change_waits_for_the_last_word_and_is_then_due(ledger_url):
    with opened(ledger_url, settle=60) as ledger:
        waits = judge(ledger, a_change(), has_waited=False)

        assert isinstance(waits, Wait)
        assert 59 < waits.seconds <= 60
        assert judge(ledger, a_change()) == Due()


def test_settle_time_runs_from_when_a_change_was_first_heard_of(ledger_url):
    with opened(ledger_url, settle=60) as ledger:
        first = judge(ledger, a_change(), has_waited=False)
    with opened(ledger_url, settle=60) as ledger:
        second = judge(ledger, a_change(), has_waited=False)

    assert second.seconds < first.seconds


def test_status_that_went_back_in_time_is_taken_back(ledger_url):
    with opened(ledger_url, settle=60) as ledger:
        judge(ledger, a_change(1, before="pending"), has_waited=False)
        back = a_change(2, status="pending", before="approved")

        assert judge(ledger, back).state == "taken-back"
        assert state_of(ledger)["evt_2"] == "taken-back"


def test_changes_are_compared_with_the_newest_fifty(ledger):
    for number in range(60):
        judge(ledger, a_change(number, sequence=number))

    late = judge(ledger, a_change(5, sequence=5))

    assert isinstance(late, Drop)
    assert late.state == "superseded"


def test_skipped_change_has_its_reason(ledger):
    ledger.skip(a_change(status="archived"), "there is no mail for it")

    (entry,) = ledger.show("s-1")

    assert (entry.state, entry.reason) == ("skipped", "there is no mail for it")


def test_dead_letter_has_its_reason(ledger):
    judge(ledger, a_change())
    ledger.failed("evt_1", "no mail address is known for the artist")

    (entry,) = ledger.show("s-1")

    assert entry.state == "failed"
    assert entry.reason == "no mail address is known for the artist"


def test_dead_letter_that_is_replayed_is_due(ledger):
    judge(ledger, a_change())
    ledger.failed("evt_1", "why")

    assert judge(ledger, a_change()) == Due()


def test_change_is_shown_with_its_mail_and_what_became_of_it(ledger):
    judge(ledger, a_change(before="pending"))
    claimed = ledger.claim(a_change(), "ada@a.test", "<m@mg.test>")
    ledger.accepted(claimed, "<1@mailgun.test>")
    outcome = an_outcome("failed", cause="evt_1", severity="permanent", reason="full")
    ledger.told(outcome)
    ledger.told(outcome)

    (entry,) = ledger.show("s-1")

    assert (entry.status, entry.status_before) == ("approved", "pending")
    assert [mail.mailgun_id for mail in entry.mails] == ["<1@mailgun.test>"]
    (told,) = entry.outcomes
    assert (told.outcome, told.severity, told.reason) == ("failed", "permanent", "full")


def test_outcome_of_a_mail_that_nobody_knows_of_does_no_harm(ledger):
    ledger.told(an_outcome(cause="evt_strange"))
    ledger.told(an_outcome())

    assert ledger.show("s-1") == []


def test_what_is_young_is_not_forgotten(ledger):
    ledger.skip(a_change(), "x")

    assert ledger.prune(days=1) == 0
    assert state_of(ledger) == {"evt_1": "skipped"}


def test_what_has_ended_is_forgotten_with_its_mails(ledger):
    judge(ledger, a_change())
    ledger.accepted(ledger.claim(a_change(), "a@a.test", "<m@x>"), "<1@x>")
    ledger.told(an_outcome(cause="evt_1"))

    assert ledger.prune(days=EVERYTHING) == 1
    assert ledger.show("s-1") == []
    assert ledger.claims("evt_1") == []


def test_what_has_not_ended_is_never_forgotten(ledger):
    for number, submission in enumerate("abc"):
        judge(ledger, a_change(number, submission=submission))
    ledger.puzzled(
        ledger.doubted(ledger.claim(a_change(1, submission="b"), "a@a.test", "<m@x>"))
    )
    ledger.failed("evt_2", "why")

    assert ledger.prune(days=EVERYTHING) == 0
