"""The metrics of the ingest service: two real workers, asked as Prometheus asks."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from tests.plugins.scrape import Scrape
from tests.plugins.services import start_ingest, until
from tests.plugins.webhooks import payload, post

WEBHOOKS = "melotech_ingest_webhooks_total"
SECONDS = "melotech_ingest_webhook_seconds"
NO_BROKER = "amqp://u:p@127.0.0.1:1/"


@pytest.fixture
def ingest(start, bus_url):
    # On a busy machine too it is the broker that has what was published.
    patient = {"CONFIRM_DEADLINE_MS": "10000"}
    service = start_ingest(start, bus_url, INGEST_WORKERS="2", **patient)
    until(lambda: Scrape(service).value("melotech_ingest_broker_connected") == 2)
    return service


def workers(service):
    """Return the ids of the worker processes."""
    return {each.pid for each in psutil.Process(service.pid).children()}


def webhooks(service, endpoint, outcome):
    return Scrape(service).value(WEBHOOKS, endpoint=endpoint, outcome=outcome)


def hold_back(pid, service, body):
    """Have every other worker take a webhook: this one is stopped meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        assert post(service, body).status_code == 202
    finally:
        os.kill(pid, signal.SIGCONT)


def test_both_workers_counts_add_up_whichever_is_asked(ingest):
    one, other = workers(ingest)
    hold_back(one, ingest, payload())
    hold_back(other, ingest, payload())

    for silent in (one, other):
        os.kill(silent, signal.SIGSTOP)
        try:
            told = Scrape(ingest)
        finally:
            os.kill(silent, signal.SIGCONT)
        of = {"endpoint": "submission-update"}
        assert told.value(WEBHOOKS, **of, outcome="published") == 2
        assert told.value(f"{SECONDS}_count", **of) == 2
        assert 0 < told.value(f"{SECONDS}_sum", **of) < 20
        assert told.value("melotech_ingest_confirm_seconds_count") == 2
        assert told.value("melotech_ingest_workers") == 2
        assert told.labels("process_cpu_seconds_total", "worker") == {"main", "0", "1"}


def test_killed_worker_leaves_its_counts_and_no_stale_gauge(ingest):
    killed, other = workers(ingest)
    hold_back(other, ingest, payload())

    os.kill(killed, signal.SIGKILL)

    # Its successor has the row, and is a worker only once it is one.
    until(lambda: killed not in workers(ingest) and len(workers(ingest)) == 2)
    until(lambda: Scrape(ingest).value("melotech_ingest_broker_connected") == 2)
    told = Scrape(ingest)
    assert told.value("melotech_ingest_workers") == 2
    assert told.labels("process_cpu_seconds_total", "worker") == {"main", "0", "1"}
    assert webhooks(ingest, "submission-update", "published") == 1
    assert post(ingest, payload()).status_code == 202
    assert webhooks(ingest, "submission-update", "published") == 2


def test_sighup_loses_no_count_and_the_old_workers_gauges_go(ingest):
    before = workers(ingest)
    assert post(ingest, payload()).status_code == 202

    os.kill(ingest.pid, signal.SIGHUP)

    until(lambda: len(workers(ingest)) == 2 and not before & workers(ingest))
    until(lambda: Scrape(ingest).value("melotech_ingest_broker_connected") == 2)
    assert Scrape(ingest).value("melotech_ingest_workers") == 2
    assert webhooks(ingest, "submission-update", "published") == 1


def test_without_a_broker_it_is_the_spool_that_counts(start):
    away = start_ingest(start, NO_BROKER, INGEST_WORKERS="2")

    post(away, payload())

    told = Scrape(away)
    of = {"endpoint": "submission-update"}
    assert told.value(WEBHOOKS, **of, outcome="spooled") == 1
    assert told.value(WEBHOOKS, **of, outcome="published") == 0
    assert told.value("melotech_ingest_spool_events") == 1
    assert told.value("melotech_ingest_broker_connected") == 0
    assert told.value("melotech_ingest_workers") == 2
    assert told.value("melotech_ingest_confirm_seconds_count") == 0
