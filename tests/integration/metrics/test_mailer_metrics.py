"""The metrics of the mailer, with a real broker and a Mailgun over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
import requests

from shared.version import __version__
from tests.plugins.mails import behave, change, inbox, publish
from tests.plugins.scrape import OPENMETRICS, Scrape
from tests.plugins.services import MAILGUN_KEY, start_mailer, until
from tests.plugins.sockets import users_id

DELIVERIES = "melotech_mailer_deliveries_total"
CALLS = "melotech_mailer_calls_total"
AGE = "melotech_mailer_change_to_accepted_seconds"


@pytest.fixture
def ada(supabase):
    return users_id(supabase, "ada@melotech.test")[0]


def fresh(number, **facts):
    """Return a change that was received just now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return msgspec.structs.replace(change(number, **facts), time=now)


def settled(mailer, outcome):
    return Scrape(mailer).value(DELIVERIES, outcome=outcome)


def test_mails_are_counted_with_their_calls_and_their_time(mailer, mailgun, bus, ada):
    publish(bus, fresh(1, userid=ada))
    publish(bus, fresh(2, userid=ada))
    publish(bus, fresh(3, userid=ada, status="archived"))
    until(lambda: settled(mailer, "accepted") == 2)
    until(lambda: settled(mailer, "skipped") == 1)

    told = Scrape(mailer, accept=OPENMETRICS)
    assert len(inbox(mailgun)) == 2
    assert told.value(CALLS, answer="2xx") == 2
    assert told.value("melotech_mailer_call_seconds_count") == 2
    assert told.value(f"{AGE}_count") == 2
    assert 0 < told.value(f"{AGE}_sum") < 60
    assert told.value("melotech_mailer_gate_open") == 1
    assert told.value("melotech_mailer_broker_connected") == 1
    assert told.value("melotech_mailer_ledger_mails", state="claimed") == 0
    assert told.value(
        "melotech_build_info", service="mailer_worker", version=__version__
    )
    assert told.value("process_cpu_seconds_total") > 0
    assert "melotech.test" not in told.text()
    assert "s-1" not in told.text()


def test_mail_that_is_tried_again_is_counted_as_such(mailer, mailgun, bus, ada):
    behave(mailgun, mode="status", status=503, times=1)
    publish(bus, fresh(1, userid=ada))
    until(lambda: settled(mailer, "retried") == 1)

    told = Scrape(mailer)
    assert told.value(CALLS, answer="5xx") == 1
    assert told.value(f"{AGE}_count") == 0


def test_refused_key_shuts_the_gate(start, bus_url, supabase, mailgun, bus, ada):
    mailer = start_mailer(
        start, bus_url, supabase.url, mailgun.url, MAILGUN_API_KEY="wrong"
    )
    publish(bus, fresh(1, userid=ada))

    until(lambda: Scrape(mailer).value("melotech_mailer_gate_open") == 0)
    until(lambda: settled(mailer, "held") == 1)
    assert Scrape(mailer).value(CALLS, answer="refused") == 1


def test_mail_in_doubt_is_told_by_its_state(
    start, bus_url, supabase, mailgun, bus, ada
):
    mailer = start_mailer(
        start,
        bus_url,
        supabase.url,
        mailgun.url,
        MAIL_LOOKUP_TRUSTED_SECONDS="600",
        MAILGUN_TIMEOUT_SECONDS="1",
    )
    behave(mailgun, mode="hang", seconds=60, times=1)
    publish(bus, fresh(1, userid=ada))

    until(lambda: settled(mailer, "uncertain") == 1)
    state = {"state": "uncertain"}
    until(lambda: Scrape(mailer).value("melotech_mailer_ledger_mails", **state) == 1)
    assert Scrape(mailer).value(CALLS, answer="lost") == 1


def test_metrics_are_told_while_the_ledger_cannot_be_opened(
    start, bus_url, supabase, mailgun
):
    mailer = start_mailer(
        start,
        bus_url,
        supabase.url,
        mailgun.url,
        wait=False,
        MAILER_DATABASE_URL="postgresql://u:p@127.0.0.1:1/none",
    )
    until(lambda: "ledger.unavailable" in mailer.output())

    assert Scrape(mailer).value("melotech_mailer_gate_open") == 0
    health = requests.get(f"{mailer.url}/health", timeout=5)
    assert health.status_code == 503
    assert MAILGUN_KEY not in Scrape(mailer).text()
