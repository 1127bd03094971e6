"""Unsubscribing with one click, over HTTP, with a real broker behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from shared import unsubscribe
from shared.unsubscribe import Subscription
from tests.plugins.mails import mails_told
from tests.plugins.services import start_ingest, until

SECRET, BEFORE = "secret-of-the-unsubscribe-tests", "the-secret-before-it"
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "de"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ADA = Subscription(
    event_id="msg_03",
    submission_id="s-1",
    recipient_key="0f" * 16,
    masked="a***@x.test",
)
NO_BROKER = "amqp://a:b@127.0.0.1:1/"


def link(service, *, secret=SECRET, event_id="msg_03"):
    about = replace(ADA, event_id=event_id)
    return unsubscribe.link(service.url, about, secret.encode())


def told(bus_url, *, event_id):
    return [each for each in mails_told(bus_url) if each.data.cause == event_id]


@pytest.fixture(scope="module")
def ingest_settings():
    return {"UNSUBSCRIBE_SECRET": f"{SECRET},{BEFORE}"}


def test_one_click_of_a_mail_client_ends_the_mails(ingest, bus_url):
    answers = [requests.post(link(ingest), data=ONE_CLICK, timeout=5) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = told(bus_url, event_id="msg_03")
    assert first.id == second.id
    data = first.data
    assert (first.type, first.subject) == ("email.unsubscribed", "s-1")
    assert (data.outcome, data.suppression) == ("unsubscribed", "unsubscribed")
    assert (data.recipient_key, data.recipient) == (ADA.recipient_key, ADA.masked)
    token = link(ingest).rpartition("/")[2]
    assert token not in ingest.output()


def test_looking_at_the_link_changes_nothing(ingest, bus_url):
    address = link(ingest, event_id="seen")
    page = requests.get(address, headers=BROWSER, timeout=5)
    head = requests.head(address, timeout=5)

    assert (page.status_code, head.status_code) == (200, 200)
    assert "Abmelden" in page.text
    assert ADA.masked in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert told(bus_url, event_id="seen") == []


def test_answer_is_a_page_or_a_line_as_asked(ingest):
    page = requests.post(link(ingest), data=ONE_CLICK, headers=BROWSER, timeout=5)
    line = requests.post(link(ingest), headers={"Accept": "text/plain"}, timeout=5)

    assert "Du bist abgemeldet" in page.text
    assert line.headers["Content-Type"].startswith("text/plain")
    assert line.text == "We send no more mails to a***@x.test.\n"


def test_links_of_the_secret_before_are_good_and_forged_ones_are_not(ingest, bus_url):
    old = link(ingest, secret=BEFORE, event_id="old")
    forged = link(ingest, secret="a-secret-that-is-not-ours", event_id="forged")

    assert requests.post(old, timeout=5).status_code == 200
    for method in ("get", "post"):
        answer = requests.request(method, forged, timeout=5)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["request_id"]
    page = requests.get(forged, headers=BROWSER, timeout=5)
    assert (page.status_code, "Dieser Link geht nicht" in page.text) == (404, True)
    assert len(told(bus_url, event_id="old")) == 1
    assert told(bus_url, event_id="forged") == []


@pytest.mark.parametrize("token", ["x", "x" * 1_900, "%00", "%ff", "..", "a.b.c", "é"])
def test_what_is_no_token_is_not_found(ingest, token):
    answer = requests.post(f"{ingest.url}/unsubscribe/{token}", timeout=5)

    assert answer.status_code == 404
    assert "Traceback" not in ingest.output()


def test_body_says_nothing_but_may_not_be_long(ingest):
    odd = requests.post(link(ingest), data=b"\xff" * 4_096, timeout=5)
    long = requests.post(link(ingest), data=b"x" * 4_097, timeout=5)

    assert (odd.status_code, long.status_code) == (200, 413)


def test_guessing_is_made_to_wait_and_a_good_link_is_not(start, bus_url):
    ingest = start_ingest(
        start, bus_url, UNSUBSCRIBE_SECRET=SECRET, MAX_REFUSED_PER_MINUTE="2"
    )
    codes = [
        requests.get(f"{ingest.url}/unsubscribe/a.b", timeout=5).status_code
        for _ in range(4)
    ]

    assert codes == [404, 404, 429, 429]
    assert requests.post(link(ingest), timeout=5).status_code == 200


def test_click_waits_in_the_spool_while_the_broker_is_away(start, bus_url, tmp_path):
    environ = {
        "UNSUBSCRIBE_SECRET": SECRET,
        "INGEST_DATA_DIR": str(tmp_path / "ingest"),
    }
    away = start_ingest(start, NO_BROKER, wait=False, **environ)
    until(lambda: is_listening(away))

    address = link(away, event_id="spooled")
    assert requests.post(address, timeout=10).status_code == 200

    away.kill()
    start_ingest(start, bus_url, **environ)
    until(lambda: told(bus_url, event_id="spooled"))


def test_click_that_nobody_could_keep_is_to_be_tried_again(start, tmp_path):
    away = start_ingest(
        start,
        NO_BROKER,
        wait=False,
        UNSUBSCRIBE_SECRET=SECRET,
        SPOOL_MAX_BYTES="1",
        INGEST_DATA_DIR=str(tmp_path / "ingest"),
    )
    until(lambda: is_listening(away))

    answer = requests.post(link(away), timeout=10)
    page = requests.post(link(away), headers=BROWSER, timeout=10)

    assert (answer.status_code, page.status_code) == (503, 503)
    assert answer.headers["Retry-After"] == page.headers["Retry-After"] == "1"
    assert "Das hat nicht geklappt" in page.text


def test_without_a_secret_there_is_no_such_address(start, bus_url):
    ingest = start_ingest(start, bus_url)

    assert requests.get(link(ingest), timeout=5).status_code == 404
    assert "unsubscribe.no-endpoint" in ingest.output()


def is_listening(service):
    try:
        return requests.get(f"{service.url}/health", timeout=2)
    except requests.RequestException:
        return None
