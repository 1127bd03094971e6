"""What became of mails: of each submission the newest, found by an index."""

from realtime_gateway.api import mails


def at(second):
    return f"2026-11-23T12:00:{second:02}.000+00:00"


def told(log, *ids):
    found = mails.newest_of(log.reading, ids)
    return {mail.submission_id: mail.outcome for mail in found}


def test_the_newest_outcome_counts_whichever_came_last(log):
    log.mail("1", "delivered", at=at(2))
    log.mail("1", "accepted", at=at(1))
    log.mail("2", "accepted", at="2026-11-23T13:00:00+01:00")
    log.mail("2", "failed", at=at(0), severity="permanent")
    log.mail("3", "opened")
    log.insert("4")

    assert told(log, "1", "2", "4", "5") == {"1": "delivered", "2": "failed"}
    (mail,) = mails.newest_of(log.reading, ["2"])
    assert (mail.severity, mail.recipient) == ("permanent", "a***@melotech.test")


def test_mail_that_was_delivered_before_it_was_accepted_is_delivered(log):
    log.mail("1", "delivered", at=at(1), cause="e1")
    log.mail("1", "accepted", at=at(2), cause="e1")
    log.mail("2", "accepted", at=at(3), cause="e2")

    assert told(log, "2", "1") == {"1": "delivered", "2": "accepted"}


def test_last_told_of_one_moment_is_the_newest(log):
    for outcome in ("delivered", "accepted"):
        log.mail("1", outcome, at=at(1))

    assert told(log, "1") == {"1": "accepted"}


def test_no_more_than_the_last_few_are_looked_at(log):
    log.mail("1", "complained", at=at(0), cause="e1")
    for second in range(1, mails.MAX_LOOKED_AT):
        log.mail("1", "opened", at=at(second), cause="e1")
    assert told(log, "1") == {"1": "complained"}

    log.mail("1", "opened", at=at(59), cause="e1")

    assert told(log, "1") == {"1": "opened"}


def test_many_changes_of_a_row_are_not_looked_at_for_its_mails(log):
    steps = []
    log.reading.set_trace_callback(steps.append)
    told(log, "1")
    log.reading.set_trace_callback(None)
    (query,) = steps

    plan = log.reading.execute(f"explain query plan {query}").fetchall()

    assert any("INDEX mails_by_submission" in step[-1] for step in plan), plan
