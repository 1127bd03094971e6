"""Every error, and what becomes of the delivery that met it."""

from datetime import timedelta

import pytest

from mailer_worker import settlement
from mailer_worker.settlement import DeadLetter, GoBack, Retry, after, headers_after
from shared.errors import (
    LedgerUnavailable,
    Malformed,
    Misconfigured,
    Permanent,
    Transient,
    Uncertain,
)
from shared.retry import MAX_ATTEMPTS

ATTEMPT, REASON = settlement.ATTEMPT_HEADER, settlement.REASON_HEADER
STATUS, DEAD_AT = settlement.STATUS_HEADER, settlement.DEAD_AT_HEADER
WAITED = settlement.WAITED_HEADER
NOW = 1_700_000_000.9


@pytest.mark.parametrize(
    ("error", "attempt", "kind"),
    [
        (Transient("x"), 1, Retry),
        (Transient("x"), MAX_ATTEMPTS - 1, Retry),
        (Transient("x"), MAX_ATTEMPTS, DeadLetter),
        (Transient("x", most_attempts=2), 1, Retry),
        (Transient("x", most_attempts=2), 2, DeadLetter),
        (Permanent("x"), 1, DeadLetter),
        (Malformed("x"), 1, DeadLetter),
        (Uncertain("x"), 1, DeadLetter),
        (Misconfigured("x", "Mailgun"), 1, GoBack),
        (Misconfigured("x", "Mailgun"), MAX_ATTEMPTS * 9, GoBack),
        (LedgerUnavailable("x"), MAX_ATTEMPTS * 9, GoBack),
    ],
)
def test_every_error_has_one_consequence(error, attempt, kind):
    decision = after(error, attempt)

    assert type(decision) is kind
    assert "x" in decision.reason


def test_peer_that_refuses_is_named():
    assert after(Misconfigured("x", "Mailgun"), 1).peer == "Mailgun"
    assert after(LedgerUnavailable("x"), 1).peer == "ledger"


def test_wish_of_the_peer_reaches_the_retry():
    assert after(Transient("x", 100), 1).wait.delay == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("headers", "attempt"),
    [
        ({}, 1),
        ({ATTEMPT: 3}, 4),
        ({ATTEMPT: "x"}, 1),
        ({ATTEMPT: None}, 1),
        ({ATTEMPT: -5}, 1),
        ({ATTEMPT: 2**63 - 1}, settlement.MAX_COUNT + 1),
    ],
)
def test_attempts_are_counted_in_our_own_header(headers, attempt):
    assert settlement.attempt_of(headers) == attempt


def test_retry_is_counted_and_says_why():
    error = Transient("Mailgun answered 500")

    headers = headers_after(after(error, 1), error, {}, now=NOW)

    assert headers == {ATTEMPT: 1, REASON: "Mailgun answered 500"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Permanent("x", status=400), {STATUS: 400}),
        (Permanent("x"), {}),
        (Malformed("x"), {}),
        (Transient("x", status=404, most_attempts=1), {STATUS: 404}),
    ],
)
def test_dead_letter_says_what_made_it_and_when(error, told):
    headers = headers_after(after(error, 1), error, {}, now=NOW)

    assert headers.pop(REASON)
    assert headers == {ATTEMPT: 1, DEAD_AT: 1_700_000_000} | told


def test_operators_fault_is_not_held_against_the_mail():
    headers = {}
    refused = Misconfigured("x", "Mailgun")
    for _ in range(MAX_ATTEMPTS * 2):
        decision = after(refused, settlement.attempt_of(headers))
        headers = headers_after(decision, refused, headers, now=NOW)
    error = Transient("y")
    decision = after(error, settlement.attempt_of(headers))
    headers = headers_after(decision, error, headers, now=NOW)

    assert isinstance(decision, Retry)
    assert headers[ATTEMPT] == 1


def test_wait_for_the_last_word_counts_as_no_attempt():
    headers = settlement.waited({ATTEMPT: 2})

    assert headers == {WAITED: 1, ATTEMPT: 2}
    assert settlement.has_waited(headers)
    assert not settlement.has_waited({})


@pytest.mark.parametrize(
    "error", [Transient("x"), Permanent("x"), Misconfigured("x", "Mailgun")]
)
def test_change_that_has_waited_waits_no_second_time(error):
    headers = headers_after(after(error, 1), error, {WAITED: 1}, now=NOW)

    assert settlement.has_waited(headers)


def test_reason_and_count_are_bounded():
    error = Permanent("x" * 10_000)
    hostile = {ATTEMPT: 2**63 - 1}

    attempt = settlement.attempt_of(hostile)
    headers = headers_after(after(error, attempt), error, hostile, now=NOW)

    assert len(headers[REASON]) == settlement.MAX_REASON
    assert headers[ATTEMPT] < 2**31
