"""What Kubernetes asks of the pods, asked of real services that have no broker."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests

from devstack.free_port import free_port
from ingest_service import leaving
from tests.plugins.proxy import Proxy
from tests.plugins.services import (
    signed,
    start_gateway,
    start_ingest,
    start_mailer,
    until,
)

NO_BROKER = "amqp://u:p@127.0.0.1:1/"
NOBODY = "http://127.0.0.1:1"
BODY = (
    b'{"type":"UPDATE","table":"submissions","schema":"public",'
    b'"record":{"id":"s-1","userid":"a-1","title":"T","status":"approved"},'
    b'"old_record":{"id":"s-1","userid":"a-1","title":"T","status":"pending"}}'
)


@pytest.fixture
def ingest(start):
    return start_ingest(start, NO_BROKER)


@pytest.fixture
def gateway(start, tmp_path):
    return start_gateway(start, NO_BROKER, NOBODY, tmp_path / "gateway", wait=False)


@pytest.fixture
def mailer(start, tmp_path):
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    return start_mailer(
        start, NO_BROKER, NOBODY, NOBODY, MAILER_DATABASE_URL=ledger, wait=False
    )


@pytest.fixture
def relay(start):
    return start(
        "ingest_service.outbox_relay",
        "RELAY_BIND",
        wait=False,
        RABBITMQ_URL=NO_BROKER,
        OUTBOX_DATABASE_URL="postgresql://u:p@127.0.0.1:1/none",
    )


@pytest.fixture
def door(bus_url):
    """The way to the broker, which may be shut."""
    proxy = Proxy(urlsplit(bus_url).port)
    yield proxy
    proxy.close()


def answer(service, path):
    try:
        return requests.get(f"{service.url}{path}", timeout=5).status_code
    except requests.RequestException:
        return None


@pytest.mark.parametrize(
    ("name", "ready"),
    # Ingest has its spool.
    [("ingest", 200), ("gateway", 503), ("mailer", 503), ("relay", 503)],
)
def test_service_without_a_broker_lives_whether_or_not_it_is_ready(
    request, name, ready
):
    service = request.getfixturevalue(name)

    until(lambda: answer(service, "/metrics") == 200, timeout=30)

    assert answer(service, "/ready") == ready


def test_pod_goes_at_once_with_an_empty_spool_and_in_the_end_with_a_full_one(
    ingest, capsys
):
    words = ["--url", ingest.url, "--pause", "0", "--within"]
    empty = leaving.main([*words, "5"])
    post(ingest)

    full = leaving.main([*words, "0.2"])

    assert (empty, full) == (0, 1)
    assert capsys.readouterr().err == "1 events wait in the spool\n"


def test_pod_waits_until_its_spool_is_in_the_broker(start, bus_url, door):
    parts = urlsplit(bus_url)
    login = parts.netloc.rpartition("@")[0]
    way = parts._replace(netloc=f"{login}@127.0.0.1:{door.port}")
    door.refuse()
    ingest = start_ingest(start, urlunsplit(way))
    post(ingest)
    ended: list[int] = []
    words = ["--url", ingest.url, "--pause", "0", "--within", "60"]
    waiting = threading.Thread(target=lambda: ended.append(leaving.main(words)))
    waiting.start()

    assert not ended
    door.allow()
    waiting.join(60)

    assert ended == [0]


def test_service_that_does_not_answer_is_not_waited_for_without_end(capsys):
    nobody = f"http://127.0.0.1:{free_port()}"

    assert leaving.main(["--url", nobody, "--pause", "0", "--within", "0"]) == 1
    assert "nobody knows" in capsys.readouterr().err


def post(ingest):
    url = f"{ingest.url}/webhook/submission-update"
    told = requests.post(url, data=BODY, headers=signed(BODY), timeout=10)
    assert told.json().get("queued") == "spool"
