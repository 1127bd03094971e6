"""The metrics of the ingest service: what was sent, and what it is counted as."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest
import requests

from shared import unsubscribe
from shared.unsubscribe import Subscription
from shared.version import __version__
from tests.plugins.mailgun_webhooks import KEY, fresh_signature, hook
from tests.plugins.scrape import OPENMETRICS, Scrape
from tests.plugins.services import SECRET, signed, start_ingest, until
from tests.plugins.webhooks import STATUS, UPDATE, encoded, payload, post

WEBHOOKS = "melotech_ingest_webhooks_total"
SECONDS = "melotech_ingest_webhook_seconds"
LINKS = "secret-of-the-unsubscribe-tests"
ADA = Subscription(
    event_id="msg_03", submission_id="s-1", recipient_key="0f" * 16, masked="a***@x"
)


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    """One service for all: each test sends to endpoints of its own."""
    service = start_ingest(
        start_for_module,
        bus_url_for_module,
        INGEST_WORKERS="2",
        # On a busy machine too it is the broker that has what was published.
        CONFIRM_DEADLINE_MS="10000",
        MAX_REFUSED_PER_MINUTE="3",
        MAX_BODY_BYTES="4096",
        MAILGUN_WEBHOOK_SIGNING_KEY=KEY,
        UNSUBSCRIBE_SECRET=LINKS,
    )
    until(lambda: Scrape(service).value("melotech_ingest_broker_connected") == 2)
    return service


def test_each_outcome_is_counted_at_its_endpoint(ingest):
    body = encoded(payload())
    # An address of its own, so that the other tests are not made to wait.
    wrong = signed(body) | {"X-Signature": "0" * 64, "X-Forwarded-For": "192.0.2.9"}
    post(ingest, body, path=STATUS)
    post(ingest, b"{", path=UPDATE)
    post(ingest, b"x" * 5000, path=UPDATE)
    requests.get(ingest.url + UPDATE, timeout=5)
    requests.post(f"{ingest.url}/webhook/a@b.test?token=t", data=b"", timeout=5)
    for _ in range(8):
        post(ingest, body, headers=wrong)
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=5) as peer:
        peer.sendall(b"no HTTP at all\r\n\r\n")
        with contextlib.suppress(OSError):
            peer.recv(1000)

    told = Scrape(ingest)

    def count(endpoint, outcome):
        return told.value(WEBHOOKS, endpoint=endpoint, outcome=outcome)

    assert count("submission-status-update", "ignored") == 1
    assert count("submission-update", "malformed") == 1
    assert count("submission-update", "too_large") == 1
    assert count("submission-update", "unknown") == 1
    assert count("other", "unknown") == 1
    assert count("other", "malformed") == 1
    refused = count("submission-update", "unauthorized")
    # Each of two workers lets three pass.
    assert 3 <= refused <= 6
    assert count("submission-update", "rate_limited") == 8 - refused
    assert told.value(f"{SECONDS}_count", endpoint="submission-update") == 0
    assert "a@b.test" not in told.text()


def test_mailguns_webhooks_are_counted_by_what_became_of_them(ingest):
    def tell(sent):
        data = json.dumps(sent)
        headers = {"Content-Type": "application/json"}
        url = f"{ingest.url}/webhook/mailgun"
        requests.post(url, data=data, headers=headers, timeout=5)

    delivered = hook("delivered", signature=fresh_signature())
    tell(delivered)
    tell(delivered)
    tell(hook("delivered", signature=fresh_signature(key="another")))
    tell(hook("delivered", signature=fresh_signature(), variables=()))

    told = Scrape(ingest)
    outcomes = ("published", "replayed", "unauthorized", "ignored")
    for outcome in outcomes:
        assert told.value(WEBHOOKS, endpoint="mailgun", outcome=outcome) == 1, outcome


def test_unsubscribing_is_counted_by_what_became_of_it(ingest):
    link = unsubscribe.link(ingest.url, ADA, LINKS.encode())
    requests.get(link, timeout=5)
    requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=5)
    requests.get(f"{link}x", timeout=5)

    told = Scrape(ingest)
    for outcome in ("shown", "published", "unauthorized"):
        assert told.value(WEBHOOKS, endpoint="unsubscribe", outcome=outcome) == 1
    assert link.rpartition("/")[2] not in told.text()


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_answer_can_be_read_in_both_formats(ingest, accept):
    told = Scrape(ingest, accept=accept)

    assert told.media.startswith("application/openmetrics" if accept else "text/plain")
    names = {family.name for family in told.families}
    assert {"melotech_build_info", "python_info", "python_gc_collections"} <= names
    assert len(names) == len(told.families)
    assert told.value(
        "melotech_build_info", service="ingest_service", version=__version__
    )


def test_hostile_accept_header_is_answered_all_the_same(ingest):
    for accept in ("application/openmetrics-text;version=a.b", "text/plain;version=a"):
        assert Scrape(ingest, accept=accept).families
    assert SECRET not in Scrape(ingest).text()
