"""Changes of one submission in quick succession: the artist hears the last word."""

from __future__ import annotations

import pytest

from shared.addresses import key_of
from tests.plugins.ledgers import (
    IMPATIENT,
    NO_SUPABASE,
    an_outcome,
    depths,
    mailed,
    opened,
)
from tests.plugins.mails import mails_told
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, turn

SETTLE = 2.0


@pytest.fixture
def ledger(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


@pytest.fixture
def start_with(start, bus_url, mailgun, ledger):
    def run(settle):
        settings = IMPATIENT | {"MAIL_SETTLE_SECONDS": str(settle)}
        return start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            mailgun.url,
            **settings,
            MAILER_DATABASE_URL=ledger,
        )

    return run


def told(bus_url):
    """Return what became of each change, by its id."""
    return {event.data.cause: event.type for event in mails_told(bus_url)}


def reasons(bus_url):
    return {event.data.cause: event.data.reason for event in mails_told(bus_url)}


def test_decision_that_is_changed_at_once_is_one_mail(
    start_with, bus, bus_url, mailgun
):
    start_with(SETTLE)
    publish_all(
        bus,
        [turn("e1", "pending", "approved"), turn("e2", "approved", "rejected")],
    )

    until(lambda: len(told(bus_url)) == 2)

    assert mailed(mailgun) == ["e2"]
    assert told(bus_url) == {"e1": "email.skipped", "e2": "email.accepted"}
    assert "changed again" in reasons(bus_url)["e1"]


def test_decision_that_is_taken_back_is_no_mail(start_with, bus, bus_url, mailgun):
    start_with(SETTLE)
    publish_all(
        bus,
        [turn("e1", "pending", "approved"), turn("e2", "approved", "pending")],
    )

    until(lambda: len(told(bus_url)) == 2)

    assert mailed(mailgun) == []
    assert set(told(bus_url).values()) == {"email.skipped"}
    assert "again what it was" in reasons(bus_url)["e2"]


def test_settle_time_outlives_a_killed_mailer(start_with, bus, bus_url, mailgun):
    mailer = start_with(SETTLE)
    publish_all(bus, [turn("e1", "pending", "approved")])
    until(lambda: '"waiting"' in mailer.output())
    mailer.kill()
    publish_all(bus, [turn("e2", "approved", "rejected")])
    mailer.start()

    until(lambda: len(told(bus_url)) == 2)

    assert mailed(mailgun) == ["e2"]
    until(lambda: not depths(bus_url))


def test_older_version_that_comes_late_is_never_mailed_after_a_newer_one(
    start_with, bus, bus_url, mailgun
):
    mailer = start_with(0)
    publish_all(bus, [turn("e2", "approved", "rejected", sequence=2)])
    until(lambda: mailed(mailgun) == ["e2"])
    mailer.stop()
    mailer.start()
    publish_all(bus, [turn("e1", "pending", "approved", sequence=1)])

    until(lambda: "e1" in told(bus_url))

    assert told(bus_url)["e1"] == "email.skipped"
    assert mailed(mailgun) == ["e2"]


def test_second_event_of_a_change_is_no_second_mail_after_a_restart(
    start_with, bus, bus_url, mailgun
):
    mailer = start_with(0)
    publish_all(bus, [turn("e1", "pending", "approved", fingerprint="f")])
    until(lambda: mailed(mailgun) == ["e1"])
    mailer.kill()
    mailer.start()
    publish_all(bus, [turn("e2", "pending", "approved", fingerprint="f")])

    until(lambda: '"repeats":"e1"' in mailer.output())

    assert mailed(mailgun) == ["e1"]
    until(lambda: not depths(bus_url))
    assert "e2" not in told(bus_url)


def test_event_that_comes_twice_is_one_mail(start_with, bus, bus_url, mailgun):
    mailer = start_with(0)
    publish_all(bus, [turn("e1", "pending", "approved")] * 5)

    until(lambda: mailer.output().count('"delivery.settled"') == 5)

    assert mailed(mailgun) == ["e1"]
    assert told(bus_url) == {"e1": "email.accepted"}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("unsubscribed", "unsubscribed"),
        ("complained", "complained"),
        ("failed", "bounced"),
    ],
)
def test_who_wants_no_more_mails_gets_none(
    start_with, bus, bus_url, mailgun, ledger, kind, why
):
    start_with(0)
    key = key_of("ada@a.test")
    publish_all(bus, [an_outcome(kind, suppression=why, recipient_key=key)])

    def is_noted():
        with opened(ledger) as it:
            return it.all_suppressed(10)

    until(is_noted)
    publish_all(
        bus,
        [
            turn("e1", "pending", "approved", email="Ada@A.test"),
            turn("e2", "pending", "approved", submission="s-2", email="grace@a.test"),
        ],
    )
    until(lambda: {"e1", "e2"} <= told(bus_url).keys())

    assert mailed(mailgun) == ["e2"]
    assert told(bus_url)["e1"] == "email.skipped"
    assert why in reasons(bus_url)["e1"]
