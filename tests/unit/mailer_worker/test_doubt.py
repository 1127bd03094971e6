"""A mail of which nobody knows: what its age and Mailgun's log say."""

import pytest

from mailer_worker.doubt import Accepted, LookAgain, Patience, SendAgain, resolve
from mailer_worker.ledger.mails import Claim
from mailer_worker.mailgun.log import Absent, CannotTell, Found

#: Seconds: a call takes 47 at the most, half an hour proves absence, two end all.
PATIENCE = Patience(lease=47, trusted=1_800, give_up=7_200)
NOON = 1_700_000_000_000
FOUND, ABSENT, SILENT = Found(), Absent(), CannotTell("Mailgun answered 403")


def claim(state="uncertain", *, read_at=NOON):
    return Claim(
        event_id="evt_1",
        recipient="ada@a.test",
        state=state,
        attempt=1,
        claimed_at=NOON,
        settled_at=NOON if state == "uncertain" else None,
        message_id="<evt_1@mg.x>",
        mailgun_id=None,
        read_at=read_at,
    )


def found_at(seconds, finding, state="uncertain", patience=PATIENCE):
    read = claim(state, read_at=NOON + round(seconds * 1000))
    return resolve(finding, read, patience)


@pytest.mark.parametrize("seconds", [-5, 0, 1, 10**6])
@pytest.mark.parametrize("state", ["claimed", "uncertain"])
def test_mail_in_the_log_is_accepted(seconds, state):
    assert found_at(seconds, FOUND, state) == Accepted()


@pytest.mark.parametrize(
    ("seconds", "finding", "state", "is_sure"),
    [
        (1_799, ABSENT, "uncertain", None),
        (1_800, ABSENT, "uncertain", True),
        # The call of a worker that was killed may have begun at the end of its lease.
        (1_800, ABSENT, "claimed", None),
        (1_846, ABSENT, "claimed", None),
        (1_847, ABSENT, "claimed", True),
        (1_800, SILENT, "uncertain", None),
        (7_199, SILENT, "uncertain", None),
        (7_200, SILENT, "uncertain", False),
        (7_200, SILENT, "claimed", None),
        (7_247, SILENT, "claimed", False),
        (-60, ABSENT, "uncertain", None),
    ],
)
def test_mail_is_sent_again_only_when_its_absence_proves_something(
    seconds, finding, state, is_sure
):
    found = found_at(seconds, finding, state)

    if is_sure is None:
        assert isinstance(found, LookAgain)
    else:
        assert found == SendAgain(is_sure=is_sure)


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (0, 600),
        (1_200, 600),
        (1_201, 120),
        (1_680, 120),
        (1_690, 30),
        (1_780, 5),
        (1_799.5, 5),
        (-10_000, 600),
    ],
)
def test_next_look_is_not_later_than_it_need_be(age, wait):
    assert found_at(age, ABSENT).wait.delay.total_seconds() == wait


def test_no_claim_is_sent_again_while_its_call_may_be_under_way():
    eager = Patience(lease=47, trusted=0, give_up=0)

    for finding in (ABSENT, SILENT):
        assert isinstance(found_at(46.9, finding, "claimed", eager), LookAgain)
        assert isinstance(found_at(47, finding, "claimed", eager), SendAgain)


def test_mail_is_not_sent_again_at_once_whatever_the_settings_say():
    hasty = Patience(lease=1, trusted=0, give_up=0)

    for finding in (ABSENT, SILENT):
        assert isinstance(found_at(0, finding, patience=hasty), LookAgain)
        assert isinstance(found_at(4.9, finding, patience=hasty), LookAgain)
        assert isinstance(found_at(5, finding, patience=hasty), SendAgain)
