"""The mailer's decisions: plan, mail, what Mailgun's answers mean, what follows."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from mailer_worker import messages, settlement
from mailer_worker.mailgun import failure_of
from mailer_worker.plan import Send, Skip, plan
from mailer_worker.settlement import Count, DeadLetter, Retry
from shared import events
from shared.errors import Malformed, Misconfigured, Permanent, Transient
from shared.events import ChangeData, ChangeEvent
from shared.retry import MAX_ATTEMPTS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def status_change(**columns):
    record = {"id": "s-1", "status": "approved"} | columns
    raw = {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in record.items()}
    return events.encode(
        ChangeEvent(
            id="evt_1",
            source="/t",
            type=events.STATUS_CHANGED,
            subject="s-1",
            time="t",
            data=ChangeData(
                operation="UPDATE", submission_id="s-1", artist_id="u-1", record=raw
            ),
        )
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", "pending"),
        ("in-review", "in-review"),
        ("In_Review", "in-review"),
        ("approved", "approved"),
        ("accepted", "approved"),
        ("rejected", "rejected"),
    ],
)
def test_each_status_has_its_mail(status, kind):
    assert plan(status_change(status=status)).kind == kind


@pytest.mark.parametrize("status", ["archived", None, ""])
def test_status_without_a_mail_is_skipped_with_the_reason(status):
    planned = plan(status_change(status=status))

    assert isinstance(planned, Skip)
    assert repr(status) in planned.reason


def test_rows_own_address_and_feedback_are_taken_along():
    planned = plan(status_change(email="own@x.test", feedback="Great"))

    assert isinstance(planned, Send)
    assert (planned.own_email, planned.feedback) == ("own@x.test", "Great")


@pytest.mark.parametrize("email", ["", "   ", 5, "a@x.test, b@x.test", "nobody"])
def test_what_is_not_one_address_is_no_address(email):
    assert plan(status_change(email=email)).own_email is None


@pytest.mark.parametrize("body", [b"junk", b"{}", b'{"type":"email.accepted"}'])
def test_poison_is_malformed(body):
    with pytest.raises(Malformed):
        plan(body)


def test_message_id_is_made_of_the_event_id_and_safe():
    assert messages.message_id_of("evt_1", "mg.x") == "<evt_1@mg.x>"
    assert messages.message_id_of("a b>@", "mg.x") == "<a=20b=3e=40@mg.x>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Transient),
        (400, Permanent),
        (401, Misconfigured),
        (402, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (413, Permanent),
        (429, Transient),
        (500, Transient),
        (503, Transient),
    ],
)
def test_each_answer_of_mailgun_has_its_meaning(status, kind):
    assert type(failure_of(status, "text", None, now=NOW)) is kind


def test_too_many_requests_says_when_to_come_back():
    text = "limit exceeded, try again after Mon, 23 Nov 2026 12:01:30 GMT"

    assert failure_of(429, text, None, now=NOW).retry_after == 90
    assert failure_of(429, "", "7", now=NOW).retry_after == 7
    assert (
        failure_of(429, "try again after soon GMT", None, now=NOW).retry_after is None
    )


def test_reason_carries_no_mail_address():
    error = failure_of(400, "to 'ada@x.test' is not valid", None, now=NOW)

    assert "ada@x.test" not in str(error)
    assert "is not valid" in str(error)


@pytest.mark.parametrize(
    ("error", "attempt", "kind"),
    [
        (Transient("x"), 1, Retry),
        (Transient("x"), MAX_ATTEMPTS, DeadLetter),
        (Misconfigured("x"), MAX_ATTEMPTS * 9, Retry),
        (Permanent("x"), 1, DeadLetter),
        (Malformed("x"), 1, DeadLetter),
    ],
)
def test_every_error_has_one_consequence(error, attempt, kind):
    count = Count(attempt=attempt, holds=0)

    decision, headers = settlement.after(error, count)

    assert type(decision) is kind
    assert headers[settlement.REASON_HEADER]


def test_wish_of_the_peer_reaches_the_retry():
    decision, _ = settlement.after(Transient("x", 100), Count(attempt=1, holds=0))

    assert decision.wait.delay == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("headers", "attempt"),
    [
        ({}, 1),
        ({settlement.ATTEMPT_HEADER: 3}, 4),
        ({settlement.ATTEMPT_HEADER: "x"}, 1),
    ],
)
def test_attempts_are_counted_in_our_own_header(headers, attempt):
    assert settlement.count(headers).attempt == attempt


def test_operators_fault_is_not_held_against_the_mail():
    headers = {}
    for _ in range(MAX_ATTEMPTS * 2):
        _, headers = settlement.after(Misconfigured("x"), settlement.count(headers))
    decision, headers = settlement.after(Transient("x"), settlement.count(headers))

    assert isinstance(decision, Retry)
    assert headers[settlement.ATTEMPT_HEADER] == 1


def test_huge_count_in_a_header_does_no_harm():
    hostile = {settlement.ATTEMPT_HEADER: 2**63 - 1}

    decision, headers = settlement.after(Transient("x"), settlement.count(hostile))

    assert isinstance(decision, DeadLetter)
    assert headers[settlement.ATTEMPT_HEADER] < 2**31
