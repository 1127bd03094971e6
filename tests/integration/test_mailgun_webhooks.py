"""Mailgun's webhooks at the ingest service, over HTTP, with a real broker behind it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest_service.mailgun.tokens import FILE
from tests.plugins.mailgun_webhooks import KEY, fresh_signature, hook, post
from tests.plugins.mails import mails_told
from tests.plugins.services import start_ingest, until
from tests.plugins.sockets import post_change

NO_BROKER = "amqp://a:b@127.0.0.1:1/"


def start_with_key(start, bus_url, folder, **environ):
    defaults = {
        "MAILGUN_WEBHOOK_SIGNING_KEY": f"{KEY},old-key",
        "INGEST_DATA_DIR": str(folder / "ingest"),
        "INGEST_WORKERS": "2",
    }
    return start_ingest(start, bus_url, **(defaults | environ))


@pytest.fixture
def ingest(start, bus_url, tmp_path):
    return start_with_key(start, bus_url, tmp_path)


def fresh(event="delivered", *, key=KEY, **facts):
    return hook(event, signature=fresh_signature(key=key), **facts)


def told(bus_url):
    return {event.type: event for event in mails_told(bus_url)}


def is_problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["request_id"]
    return True


def test_outcome_is_on_the_bus_when_200_comes(ingest, bus_url):
    answer = post(ingest, fresh())

    assert answer.status_code == 200
    assert answer.json()["status"] == "accepted"
    event = told(bus_url)["email.delivered"]
    assert event.id == answer.json()["event_id"]
    assert (event.subject, event.data.cause) == ("s-1", "evt_1")
    assert "artist.test" not in ingest.output()


def test_each_key_is_good_while_they_are_changed(ingest):
    assert post(ingest, fresh(key="old-key")).status_code == 200
    assert is_problem(post(ingest, fresh(key="older-key")), 406)


def test_token_is_good_once_whichever_process_meets_it_and_after_a_restart(
    ingest, bus_url
):
    document = fresh()
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda _: post(ingest, document).status_code, range(12)))

    # Those that meet the first one at work are asked to come again.
    assert codes.count(200) == 1
    assert set(codes) <= {200, 406, 503}
    forged = document | {"event-data": document["event-data"] | {"event": "complained"}}
    assert is_problem(post(ingest, forged), 406)
    ingest.stop()
    ingest.start()
    assert is_problem(post(ingest, forged), 406)
    assert set(told(bus_url)) == {"email.delivered"}


def test_token_of_an_ignored_webhook_is_used_up_too(ingest, bus_url):
    document = fresh(variables={})

    answer = post(ingest, document)

    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    ours = document | {"event-data": hook("delivered")["event-data"]}
    assert is_problem(post(ingest, ours), 406)
    assert told(bus_url) == {}


def test_webhook_that_nobody_could_keep_is_taken_when_it_comes_again(
    start, bus_url, tmp_path
):
    document = fresh()
    away = start_with_key(start, NO_BROKER, tmp_path, SPOOL_MAX_BYTES="1", wait=False)
    until(lambda: is_listening(away))

    refused = post(away, document)

    assert is_problem(refused, 503)
    assert refused.headers["Retry-After"]
    away.kill()
    back = start_with_key(start, bus_url, tmp_path)
    assert post(back, document).status_code == 200
    assert told(bus_url)["email.delivered"].data.cause == "evt_1"


def test_outcome_is_spooled_while_the_broker_is_away(start, bus_url, tmp_path):
    document = fresh()
    away = start_with_key(start, NO_BROKER, tmp_path, wait=False)
    until(lambda: is_listening(away))

    assert post(away, document).status_code == 200
    assert is_problem(post(away, document), 406)

    away.kill()
    start_with_key(start, bus_url, tmp_path)
    until(lambda: told(bus_url))
    assert told(bus_url)["email.delivered"].data.cause == "evt_1"


def is_listening(service):
    try:
        return is_problem(post(service, b"{}"), 406)
    except OSError:
        return False


def test_without_its_memory_nothing_is_taken_and_mailgun_comes_again(
    ingest, tmp_path, bus_url
):
    document = fresh()
    held = sqlite3.connect(tmp_path / "ingest" / FILE, isolation_level=None)
    held.execute("begin immediate")

    refused = post(ingest, document)

    assert is_problem(refused, 503)
    assert refused.headers["Retry-After"]
    held.execute("rollback")
    held.close()
    assert post(ingest, document).status_code == 200
    assert "tokens.unusable" in ingest.output()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"junk", {}, 406),
        (b'{"a":' * 10_000, {}, 406),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 406),
        (b" " * 262_145, {}, 413),
    ],
)
def test_what_is_no_webhook_is_a_problem(ingest, body, headers, status):
    assert is_problem(post(ingest, body, headers=headers), status)


def test_without_a_key_there_is_no_endpoint_and_the_log_names_it(start, bus_url):
    ingest = start_ingest(start, bus_url)

    assert is_problem(post(ingest, fresh()), 404)
    assert "MAILGUN_WEBHOOK_SIGNING_KEY" in ingest.output()


def test_folder_that_cannot_be_used_holds_up_nobody_but_mailgun_until_it_can(
    start, bus_url, tmp_path
):
    folder = tmp_path / "ingest"
    folder.write_text("in the way")
    ingest = start_with_key(start, bus_url, tmp_path)
    document = fresh()

    assert "queued" not in post_change(ingest.url).json()
    assert is_problem(post(ingest, document), 503)
    assert "INGEST_DATA_DIR" in ingest.output()
    assert "Traceback" not in ingest.output()
    folder.unlink()
    assert post(ingest, document).status_code == 200


def test_who_cannot_sign_is_slowed_down_and_who_can_is_not(start, bus_url, tmp_path):
    ingest = start_with_key(
        start, bus_url, tmp_path, MAX_REFUSED_PER_MINUTE="3", INGEST_WORKERS="1"
    )

    answers = [post(ingest, fresh(key="forged")) for _ in range(5)]

    assert [each.status_code for each in answers] == [406, 406, 406, 429, 429]
    assert is_problem(answers[-1], 429)
    assert answers[-1].headers["Retry-After"]
    assert post(ingest, fresh()).status_code == 200
