"""The turns of the calls to Mailgun."""

from __future__ import annotations

import threading

import pytest

from mailer_worker.calls import STALE_CLAIM, Answered, Calls, Stale, Stopping
from mailer_worker.gate import Gate
from mailer_worker.ledger.clock import elapsed
from mailer_worker.ledger.ledger import Busy
from mailer_worker.ledger.mails import Claim
from mailer_worker.mail import Mail
from shared.errors import Misconfigured, Uncertain
from tests.plugins.services import until

MAIL = Mail(
    to="a@artists.test",
    subject="S",
    text="T",
    html="H",
    tag="status-approved",
    event_id="evt_1",
    submission_id="s-1",
    message_id="<evt_1@mg.test>",
)


def claim_of(began: float) -> Claim:
    """Return a claim that was made then, in seconds of `elapsed`."""
    return Claim(
        event_id="evt_1",
        recipient="a@artists.test",
        state="claimed",
        attempt=1,
        claimed_at=1_700_000_000_000,
        settled_at=None,
        message_id="<evt_1@mg.test>",
        mailgun_id=None,
        read_at=1_700_000_000_000,
        began=began,
    )


class Mailgun:
    """Keeps each call until `answering` is set, and counts those that are kept."""

    def __init__(self) -> None:
        self.kept, self.most_kept = 0, 0
        self.answering = threading.Event()
        self._lock = threading.Lock()

    def send(self, mail: Mail) -> str:
        with self._lock:
            self.kept += 1
            self.most_kept = max(self.kept, self.most_kept)
        self.answering.wait(10)
        with self._lock:
            self.kept -= 1
        return "<1@mailgun.test>"


@pytest.fixture
def gate() -> Gate:
    return Gate(lambda prefetch: None, prefetch=3, clock=lambda: 0.0)


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def mailgun() -> Mailgun:
    return Mailgun()


def test_no_more_calls_are_made_at_once_than_there_are_senders(
    gate, stopping, mailgun
) -> None:
    calls = Calls(mailgun.send, gate, most=2, stopping=stopping)
    threads = [
        threading.Thread(target=calls.make, args=(lambda: claim_of(elapsed()), MAIL))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    until(lambda: mailgun.kept == 2)

    mailgun.answering.set()
    for thread in threads:
        thread.join(10)

    assert (mailgun.kept, mailgun.most_kept) == (0, 2)


def test_a_mail_that_waits_for_its_turn_at_the_end_is_not_claimed(
    gate, stopping, mailgun
) -> None:
    calls = Calls(mailgun.send, gate, most=1, stopping=stopping)
    claims, left = [], []

    def claim() -> Claim:
        claims.append(claim_of(elapsed()))
        return claims[-1]

    def call() -> None:
        try:
            calls.make(claim, MAIL)
        except Stopping as error:
            left.append(error)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: mailgun.kept == 1)
    stopping.set()
    mailgun.answering.set()
    for thread in threads:
        thread.join(10)

    assert (len(claims), len(left)) == (1, 1)


def test_nothing_is_claimed_while_a_peer_refuses_us(gate, stopping, mailgun) -> None:
    calls = Calls(mailgun.send, gate, most=1, stopping=stopping)
    gate.shut("Mailgun", "Mailgun answered 401")

    with pytest.raises(Misconfigured):
        calls.make(lambda: claim_of(elapsed()), MAIL)


def test_what_speaks_against_a_claim_is_told_and_mailgun_is_not_called(
    gate, stopping, mailgun
) -> None:
    calls = Calls(mailgun.send, gate, most=1, stopping=stopping)

    assert calls.make(Busy, MAIL) == Busy()
    assert mailgun.most_kept == 0


def test_a_call_that_failed_is_told_with_its_claim_and_frees_its_turn(
    gate, stopping
) -> None:
    error = Uncertain("Mailgun: ReadTimeout")

    def send(mail: Mail) -> str:
        raise error

    calls = Calls(send, gate, most=1, stopping=stopping)

    for _ in range(2):
        claim = claim_of(elapsed())
        assert calls.make(lambda claim=claim: claim, MAIL) == Answered(claim, error)


def test_a_claim_that_lay_for_long_is_not_used(gate, stopping, mailgun) -> None:
    calls = Calls(mailgun.send, gate, most=1, stopping=stopping)
    old = claim_of(elapsed() - STALE_CLAIM - 1)

    assert calls.make(lambda: old, MAIL) == Stale(old)
    assert mailgun.most_kept == 0


def test_who_waits_while_mailgun_refuses_a_mail_is_not_sent(gate, stopping) -> None:
    sent = []

    def send(mail: Mail) -> str:
        sent.append(mail)
        raise Misconfigured("Mailgun answered 401", "Mailgun")

    calls = Calls(send, gate, most=1, stopping=stopping)
    calls.make(lambda: claim_of(elapsed()), MAIL)

    with pytest.raises(Misconfigured):
        calls.make(lambda: claim_of(elapsed()), MAIL)
    assert len(sent) == 1
