"""Mailgun's log of events, and the answers that leave a sender in doubt."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.plugins.services import DOMAIN, MAILGUN_KEY, start_mailgun, until

FORM = {"from": "M <a@b.test>", "to": "c@d.test", "subject": "S", "text": "T"}
AUTH = ("api", MAILGUN_KEY)


@pytest.fixture(autouse=True)
def empty(mailgun):
    requests.delete(f"{mailgun.url}/api/messages", timeout=5)
    behave(mailgun)


def behave(mailgun, **switches):
    answer = requests.post(f"{mailgun.url}/api/behaviour", json=switches, timeout=5)
    assert answer.status_code == 200


def post(mailgun, *, timeout=5, **fields):
    url = f"{mailgun.url}/v3/{DOMAIN}/messages"
    return requests.post(url, auth=AUTH, timeout=timeout, data=FORM | fields)


def ask(mailgun, *, domain=DOMAIN, auth=AUTH, **filters):
    filters = {name.replace("_", "-"): value for name, value in filters.items()}
    url = f"{mailgun.url}/v3/{domain}/events"
    return requests.get(url, auth=auth, timeout=5, params=filters)


def events(mailgun, **filters):
    return [each["event"] for each in ask(mailgun, **filters).json()["items"]]


def count(mailgun):
    url = f"{mailgun.url}/api/messages?count=1"
    return requests.get(url, timeout=5).json()["count"]


def test_log_tells_by_message_id_what_became_of_a_mail(mailgun):
    sent = {"h:Message-Id": "<evt_1@mg.test>", "v:event_id": "evt_1", "o:tag": "t"}
    post(mailgun, **sent)
    post(mailgun, to="bounce@d.test")

    (found,) = ask(mailgun, message_id="evt_1@mg.test", event="accepted").json()[
        "items"
    ]

    assert found["recipient"] == "c@d.test"
    assert found["message"]["headers"] == {
        "message-id": "evt_1@mg.test",
        "from": FORM["from"],
        "to": FORM["to"],
        "subject": "S",
    }
    assert found["user-variables"] == {"event_id": "evt_1"}
    assert found["tags"] == ["t"]
    assert abs(found["timestamp"] - time.time()) < 10
    assert events(mailgun, recipient="bounce@d.test", ascending="yes") == [
        "accepted",
        "failed",
    ]
    assert events(mailgun, message_id="evt_2@mg.test") == []
    assert events(mailgun, begin=str(time.time() + 60)) == []


def test_pages_lead_to_the_end_of_the_log(mailgun):
    for number in range(5):
        post(mailgun, **{"v:n": str(number)})
    page = ask(mailgun, event="accepted", ascending="yes", limit="2").json()
    found = []
    while page["items"]:
        found += [each["user-variables"]["n"] for each in page["items"]]
        page = requests.get(page["paging"]["next"], auth=AUTH, timeout=5).json()

    assert found == ["0", "1", "2", "3", "4"]


def test_log_has_mailguns_refusals(mailgun):
    assert ask(mailgun, auth=("api", "wrong")).status_code == 401
    assert ask(mailgun, domain="other.test").status_code == 404
    assert ask(mailgun, begin="soon").status_code == 400
    unknown = f"{mailgun.url}/v3/{DOMAIN}/events/abc"
    assert requests.get(unknown, auth=AUTH, timeout=5).status_code == 400


def test_sending_key_sends_and_reads_nothing(start, tmp_path):
    mailgun = start_mailgun(start, tmp_path, MAILGUN_STANDIN_SENDING_KEY_ONLY="1")

    assert post(mailgun).status_code == 200
    assert ask(mailgun).status_code == 403


def test_log_lags_and_fails_as_asked(mailgun):
    behave(mailgun, events_lag_seconds=1, events_status=503, events_times=1)
    post(mailgun)

    assert ask(mailgun).status_code == 503
    assert events(mailgun, event="accepted") == []
    until(lambda: events(mailgun, event="accepted") == ["accepted"])


def test_log_outlives_a_restart_and_goes_with_the_mails(mailgun):
    post(mailgun)
    assert mailgun.stop() == 0
    mailgun.start()

    assert events(mailgun, event="accepted") == ["accepted"]
    requests.delete(f"{mailgun.url}/api/messages", timeout=5)
    assert events(mailgun) == []


def test_mail_is_taken_though_no_answer_comes(mailgun):
    behave(mailgun, mode="accept_then_hang", seconds=30, times=1)

    with pytest.raises(requests.ReadTimeout):
        post(mailgun, timeout=0.3)

    assert count(mailgun) == 1
    assert "accepted" in events(mailgun)


def test_half_of_an_answer_is_cut_within_its_body(mailgun):
    behave(mailgun, mode="half", times=1)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(mailgun)

    assert count(mailgun) == 1
    assert post(mailgun).status_code == 200


def test_garbage_comes_for_a_mail_that_was_taken(mailgun):
    behave(mailgun, mode="garbage", times=1)

    answer = post(mailgun)

    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert count(mailgun) == 1


def test_status_may_have_a_text_of_its_own(mailgun):
    text = f"Domain {DOMAIN} is not allowed to send: The domain is unverified"
    behave(mailgun, mode="status", status=400, text=text, times=1)

    assert post(mailgun).json() == {"message": text}


def test_times_are_counted_exactly_with_many_at_once(mailgun):
    behave(mailgun, mode="status", status=500, times=7)

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(lambda _: post(mailgun).status_code, range(40)))

    assert codes.count(500) == 7
    assert count(mailgun) == 33


def test_every_answer_is_as_late_as_asked(mailgun):
    behave(mailgun, latency_ms=300)
    began = time.monotonic()

    post(mailgun)
    ask(mailgun)

    assert time.monotonic() - began >= 0.6


def test_only_the_fields_that_are_asked_for_are_shown(mailgun):
    post(mailgun, **{"v:n": "1"})
    url = f"{mailgun.url}/api/messages"

    shown = requests.get(url, params={"fields": "to,variables,no_such"}, timeout=5)

    assert shown.json() == [
        {"to": "c@d.test", "variables": {"n": "1"}, "no_such": None}
    ]
    assert requests.get(f"{url}?fields=a'b", timeout=5).status_code == 400
