"""Fates of mails with one wrong each: the oracle finds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos import fates
from tests.chaos.history import History, Logged, Mail, Outcome, Webhook


def told(outcome, *, cause="s-1#2", taken=True):
    return Webhook(cause=cause, outcome=outcome, taken=taken)


def event(outcome, *, cause="s-1#2", from_mailgun=True):
    return Logged(
        id=f"{outcome} of {cause}",
        type=f"email.{outcome}",
        artist=None,
        cause=cause,
        from_mailgun=from_mailgun,
    )


def noted(outcome, *, cause="s-1#2"):
    return Outcome(cause=cause, outcome=outcome)


#: The mailer has told of the mail before Mailgun did, and once more that it must wait.
LOG = [
    event("failed", from_mailgun=False),
    event("accepted", from_mailgun=False),
    event("failed"),
    event("delivered"),
]
NOTED = [noted("accepted"), noted("failed"), noted("delivered")]
WELL = History(
    sent=[],
    stream=[],
    logs={"gateway-1": LOG, "gateway-2": LOG},
    mails=[Mail(cause="s-1#2", to="s-1@a.test")],
    ledger=[],
    listening=[],
    webhooks=[told("accepted"), told("failed"), told("delivered")],
    outcomes=NOTED,
)


def found(**changed):
    return list(fates.faults(replace(WELL, **changed)))


def logs(log):
    return {"logs": {"gateway-1": LOG, "gateway-2": log}}


def test_all_is_well():
    assert found() == []


@pytest.mark.parametrize("outcome", ["accepted", "failed", "delivered"])
def test_fate_that_a_log_has_not_is_found(outcome):
    log = [each for each in LOG if each.type != f"email.{outcome}"]

    assert found(**logs(log)) == [
        f"a mail's fate not in the log of gateway-2: 1, such as {outcome} of s-1#2"
    ]


def test_fate_that_a_log_has_under_two_ids_is_found():
    again = replace(event("delivered"), id="another")

    assert found(**logs([*LOG, again])) == [
        "a mail's fate more than once in the log of gateway-2: 1,"
        " such as delivered of s-1#2"
    ]


def test_fate_that_was_never_told_is_found():
    assert found(**logs([*LOG, event("opened")])) == [
        "never told, but in the log of gateway-2: 1, such as opened of s-1#2"
    ]


def test_fate_that_the_ledger_has_not_is_found():
    assert found(outcomes=NOTED[:-1]) == [
        "a mail's fate not in the ledger: 1, such as delivered of s-1#2"
    ]


def test_fate_that_the_ledger_has_twice_is_found():
    assert found(outcomes=NOTED * 2)[0] == (
        "a mail's fate more than once in the ledger: 3,"
        " such as accepted of s-1#2, delivered of s-1#2, failed of s-1#2"
    )


def test_fate_in_the_ledger_that_was_never_told_is_found():
    assert found(outcomes=[*NOTED, noted("opened")]) == [
        "never told, but in the ledger: 1, such as opened of s-1#2"
    ]


def test_fate_that_nobody_took_may_be_lost_or_have_come_through():
    opened = [*WELL.webhooks, told("opened", taken=False)]
    came = {**logs([*LOG, event("opened")]), "outcomes": [*NOTED, noted("opened")]}

    assert found(webhooks=opened) == []
    assert found(webhooks=opened, **came) == []


def test_fate_of_a_mail_that_there_is_not_is_found():
    assert found(mails=[])[0].startswith("told of a mail that there is not: 3")
