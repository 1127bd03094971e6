"""The metrics of the outbox relay, with a real database and a real broker."""

from __future__ import annotations

import pytest

from shared.version import __version__
from tests.plugins.outbox import Outbox, payload, start_relay
from tests.plugins.scrape import OPENMETRICS, Scrape
from tests.plugins.services import until

NO_BROKER = "amqp://u:p@127.0.0.1:1/"


@pytest.fixture
def outbox(postgres):
    return Outbox(postgres)


def test_what_was_published_and_set_aside_is_counted(start, bus_url, outbox):
    relay = start_relay(start, bus_url, outbox)
    outbox.write(payload("s-1"), payload("s-1", rating=2), "[]")

    until(lambda: Scrape(relay).value("melotech_relay_set_aside_events") == 1)

    told = Scrape(relay, accept=OPENMETRICS)
    assert told.value("melotech_relay_published_total") == 2
    assert told.value("melotech_relay_set_aside_total") == 1
    assert told.value("melotech_relay_waiting_events") == 0
    assert told.value("melotech_relay_oldest_age_seconds") == 0
    assert told.value("melotech_relay_database_connected") == 1
    assert told.value("melotech_relay_broker_connected") == 1
    assert told.value(
        "melotech_build_info", service="outbox_relay", version=__version__
    )
    assert told.value("process_cpu_seconds_total") > 0


def test_without_a_broker_what_waits_is_told_with_its_age(start, outbox):
    outbox.write(payload("s-1"), payload("s-2"))
    relay = start_relay(start, NO_BROKER, outbox, wait=False)
    until(lambda: "service.starting" in relay.output())
    until(lambda: _waiting(relay) == 2)

    told = Scrape(relay)
    assert told.value("melotech_relay_oldest_age_seconds") > 0
    assert told.value("melotech_relay_broker_connected") == 0
    assert told.value("melotech_relay_published_total") == 0


def test_without_the_database_nothing_is_told_of_what_waits(start, bus_url, outbox):
    outbox.dsn = "postgresql://u:p@127.0.0.1:1/none"
    relay = start_relay(start, bus_url, outbox, wait=False)
    until(lambda: "outbox.lost" in relay.output())

    told = Scrape(relay)
    assert told.value("melotech_relay_database_connected") == 0
    # 0 would be good news.
    assert told.value("melotech_relay_waiting_events") is None


def _waiting(relay):
    return Scrape(relay).value("melotech_relay_waiting_events")
