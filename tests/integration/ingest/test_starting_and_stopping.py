"""How the service begins and ends."""

from __future__ import annotations

import resource

import psutil
import pytest
import requests

from tests.plugins.services import start_ingest
from tests.plugins.webhooks import payload, post

NO_BROKER = "amqp://u:p@127.0.0.1:1/"


def test_no_broker_is_a_202_from_the_spool(start):
    away = start_ingest(start, NO_BROKER)

    told = post(away, payload())

    assert (told.status_code, told.json()["queued"]) == (202, "spool")
    health = requests.get(f"{away.url}/health", timeout=5).json()
    assert health["status"] == "degraded"
    assert health["broker"] == {"connected": False}


def test_no_broker_and_no_spool_is_503_with_retry_after_and_never_a_202(start):
    away = start_ingest(start, NO_BROKER, SPOOL_MAX_BYTES="1")

    told = post(away, payload())

    assert told.status_code == 503
    assert int(told.headers["Retry-After"]) > 0


def test_missing_settings_stop_the_service_with_every_fault_in_one_message(start):
    service = start(
        "ingest_service", "INGEST_BIND", wait=False, CONFIRM_DEADLINE_MS="soon"
    )

    service._process.wait(10)
    told = service.output()

    assert service._process.returncode == 1
    for name in ("RABBITMQ_URL", "WEBHOOK_SECRET", "CONFIRM_DEADLINE_MS"):
        assert name in told
    assert "Traceback" not in told


@pytest.fixture
def few_open_files():
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, (given, most))


def test_workers_may_open_as_many_files_as_the_system_lets_them(
    few_open_files, start, bus_url
):
    service = start_ingest(start, bus_url)

    (worker,) = psutil.Process(service.pid).children()
    assert worker.rlimit(psutil.RLIMIT_NOFILE)[0] == few_open_files


def test_sigterm_ends_the_service_with_exit_code_0(start, bus_url):
    assert start_ingest(start, bus_url).stop() == 0
