"""The ledger's clock: the same for all, whatever time of day each believes in."""

from __future__ import annotations

import time

import pytest

from mailer_worker.ledger import clock
from mailer_worker.ledger.ledger import Busy
from tests.plugins.ledgers import a_change, opened, postgres_ledger

HOURS = 3 * 3_600_000
#: More than any of these tests takes, in milliseconds.
MOMENT = 60_000


@pytest.fixture
def believe(monkeypatch):
    """Have this process believe that the time of day is off by so much."""

    def shift(milliseconds):
        told = time.time_ns() // 1_000_000 + milliseconds
        monkeypatch.setattr(clock, "_time_of_day", lambda: told)

    return shift


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


def claim(ledger, number=1):
    ledger.judge(a_change(number), has_waited=True)
    return ledger.claim(a_change(number), "ada@a.test", "<m@mg.test>")


def age_of(ledger):
    """Return for how long the mail has been as it is, in milliseconds."""
    (found,) = ledger.claims("evt_1")
    return found.read_at - (found.settled_at or found.claimed_at)


@pytest.mark.parametrize("shift", [-HOURS, HOURS])
@pytest.mark.parametrize("is_doubted", [False, True])
def test_mail_is_as_old_for_a_mailer_whose_clock_is_hours_off(
    ledger_url, ledger, believe, shift, is_doubted
):
    claimed = claim(ledger)
    if is_doubted:
        ledger.doubted(claimed)
    believe(shift)

    with opened(ledger_url) as other:
        assert 0 <= age_of(other) < MOMENT
        assert claim(other, 2) == Busy() or is_doubted
    assert 0 <= age_of(ledger) < MOMENT


def test_mailer_whose_clock_is_years_ahead_forgets_nothing_that_others_need(
    postgres, monkeypatch
):
    with opened(postgres_ledger(postgres)) as ledger:
        ledger.skip(a_change(), "why")
        years = time.time_ns() + 10 * 365 * 86_400 * 10**9
        monkeypatch.setattr(time, "time_ns", lambda: years)

        assert ledger.prune(days=90) == 0


def test_doubted_mail_has_been_in_doubt_for_no_time(ledger):
    doubted = ledger.doubted(claim(ledger))

    assert doubted.read_at == pytest.approx(doubted.settled_at, abs=MOMENT)


def test_doubt_of_a_worker_that_was_given_up_is_as_young(ledger):
    first = claim(ledger)
    ledger.released(first)
    claim(ledger)

    doubted = ledger.doubted(first)

    assert (doubted.state, doubted.attempt) == ("uncertain", 1)
    assert doubted.read_at == doubted.settled_at


def test_claim_began_before_it_was_made(ledger):
    before = clock.elapsed()

    assert before <= claim(ledger).began <= clock.elapsed()


def test_clock_of_a_file_tells_the_time_of_day_that_was_set_meanwhile(
    sqlite_url, believe
):
    believe(-HOURS)
    with opened(sqlite_url) as ledger:
        wrong = claim(ledger).claimed_at
    believe(0)

    with opened(sqlite_url) as ledger:
        (found,) = ledger.claims("evt_1")

    assert found.claimed_at - wrong == pytest.approx(HOURS, abs=MOMENT)


@pytest.mark.parametrize("shift", [-HOURS, 0, HOURS])
@pytest.mark.parametrize("is_doubted", [False, True])
def test_wait_begins_anew_when_the_machine_was_started_again(
    sqlite_url, believe, monkeypatch, shift, is_doubted
):
    with opened(sqlite_url) as ledger:
        claimed = claim(ledger)
        if is_doubted:
            ledger.doubted(claimed)
    up = clock.elapsed()
    monkeypatch.setattr(clock, "_boot", lambda: "another")
    monkeypatch.setattr(clock, "elapsed", lambda: time.monotonic() - up)
    believe(shift)

    with opened(sqlite_url) as ledger:
        assert 0 <= age_of(ledger) < MOMENT


def test_clock_of_a_file_is_the_time_of_day_where_no_start_is_told_from_another(
    sqlite_url, believe, monkeypatch, tmp_path
):
    monkeypatch.setattr(clock, "_BOOT", tmp_path / "no-such-file")
    monkeypatch.setattr(clock, "_boot", clock._boot.__wrapped__)
    believe(0)
    with opened(sqlite_url) as ledger:
        claim(ledger)
    believe(HOURS)

    with opened(sqlite_url) as ledger:
        assert age_of(ledger) == pytest.approx(HOURS, abs=MOMENT)
