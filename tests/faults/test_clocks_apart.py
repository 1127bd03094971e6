"""Clocks that are hours apart, or jump: a mail that is under way is not sent again."""

from __future__ import annotations

import pytest

from tests.chaos.clock import Clock, NoClock, library
from tests.plugins.ledgers import IMPATIENT, NO_SUPABASE, mailed, postgres_ledger
from tests.plugins.mails import behave, mails_told
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, some_changes

HOURS = 3 * 3_600
#: Long enough for the mailer to be killed while it waits for Mailgun's answer.
CALL_TIMEOUT = "2"
#: The first look at the log finds nothing, the next one, five seconds later, the mail.
LATE_LOG = {"events_lag_seconds": 2}


@pytest.fixture
def clock_of(tmp_path):
    try:
        made = library(tmp_path)
    except NoClock as error:
        pytest.skip(str(error))

    def make(name, seconds):
        clock = Clock(tmp_path / f"{name}.clock", made)
        clock.shift(seconds)
        return clock

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    return postgres_ledger(request.getfixturevalue("postgres"))


def test_mail_of_a_killed_mailer_is_not_sent_again_by_one_whose_clock_is_ahead(
    start, bus, bus_url, mailgun, ledger, clock_of
):
    def mailer_with(clock):
        settings = IMPATIENT | {"MAILGUN_TIMEOUT_SECONDS": CALL_TIMEOUT}
        return start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            mailgun.url,
            **settings | clock.environ,
            MAILER_DATABASE_URL=ledger,
        )

    behave(mailgun, mode="accept_then_hang", seconds=10, times=1, **LATE_LOG)
    one = mailer_with(clock_of("one", 0))
    publish_all(bus, some_changes(1))
    until(lambda: mailed(mailgun))
    one.kill()
    mailer_with(clock_of("other", HOURS))

    until(lambda: any(e.type == "email.accepted" for e in mails_told(bus_url)))
    assert len(mailed(mailgun)) == 1
