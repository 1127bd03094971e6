"""The ledger cannot be used: nothing is sent, everyone is told, and it heals."""

from __future__ import annotations

import pytest
import requests

from devstack.postgres import PrivatePostgres, in_a_folder_of_its_own
from tests.plugins.ledgers import IMPATIENT, NO_SUPABASE, depths, mailed
from tests.plugins.mails import behave, dead_letters, mails_told
from tests.plugins.postgres import need_postgres
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, some_changes

CHANGES = 30


@pytest.fixture
def server():
    """A PostgreSQL that this test may stop."""
    need_postgres()
    with in_a_folder_of_its_own() as folder:
        made = PrivatePostgres(folder, superuser="test", settings={"fsync": "off"})
        made.start()
        yield made
        made.restart()
        made.stop()


@pytest.fixture
def mailer_on(start, bus_url, mailgun):
    def run(ledger, *, wait=True):
        return start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            mailgun.url,
            wait=wait,
            **IMPATIENT,
            MAILER_DATABASE_URL=ledger,
        )

    return run


def health(mailer):
    try:
        return requests.get(f"{mailer.url}/health", timeout=5)
    except requests.RequestException:
        return None


def is_unhealthy(mailer, reason):
    answer = health(mailer)
    found = answer is not None and answer.status_code == 503
    return found and reason in (answer.json()["reason"] or "")


def is_healthy(mailer):
    answer = health(mailer)
    return answer is not None and answer.status_code == 200


def test_mailer_whose_ledger_cannot_be_opened_waits_for_it(
    mailer_on, bus, bus_url, mailgun, tmp_path
):
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where a folder should be")
    publish_all(bus, some_changes(CHANGES))
    mailer = mailer_on(f"sqlite:///{in_the_way / 'ledger.sqlite3'}", wait=False)
    until(lambda: is_unhealthy(mailer, "ledger"))
    assert mailed(mailgun) == []
    assert depths(bus_url) == {"mailer.status-changes": CHANGES}
    in_the_way.unlink()

    until(lambda: len(mailed(mailgun)) == CHANGES)

    until(lambda: is_healthy(mailer))
    assert len(set(mailed(mailgun))) == CHANGES


def test_mailer_whose_ledger_goes_away_sends_nothing_until_it_is_back(
    mailer_on, bus, bus_url, mailgun, server
):
    mailer = mailer_on(server.dsn())
    changes = some_changes(2 * CHANGES)
    publish_all(bus, changes[:CHANGES])
    until(lambda: len(mailed(mailgun)) == CHANGES)
    until(lambda: not depths(bus_url))
    server.stop()
    publish_all(bus, changes[CHANGES:])

    until(lambda: is_unhealthy(mailer, "ledger"))
    until(lambda: depths(bus_url) == {"mailer.status-changes": CHANGES})
    assert len(mailed(mailgun)) == CHANGES
    server.restart()

    until(lambda: len(mailed(mailgun)) == 2 * CHANGES, timeout=30)
    until(lambda: is_healthy(mailer))
    until(lambda: not depths(bus_url))
    assert len(set(mailed(mailgun))) == 2 * CHANGES
    assert dead_letters(bus_url) == []


def test_mail_that_was_taken_while_the_ledger_was_away_is_noted_once_it_is_back(
    start, bus, bus_url, mailgun, server
):
    mailer = start_mailer(
        start,
        bus_url,
        NO_SUPABASE,
        mailgun.url,
        **IMPATIENT | {"MAILGUN_TIMEOUT_SECONDS": "20"},
        MAILER_DATABASE_URL=server.dsn(),
        # Neither the log nor a webhook would tell.
        MAILGUN_LOG_API_KEY="none",
    )
    behave(mailgun, mode="hang", seconds=4, times=1)
    publish_all(bus, some_changes(1))
    until(lambda: health(mailer).json()["mails"]["claimed"])
    server.stop()
    until(lambda: is_unhealthy(mailer, "ledger"))
    until(lambda: mailed(mailgun))
    server.restart()

    until(lambda: mails_told(bus_url))
    assert [event.type for event in mails_told(bus_url)] == ["email.accepted"]
    until(lambda: is_healthy(mailer))
    assert len(mailed(mailgun)) == 1
