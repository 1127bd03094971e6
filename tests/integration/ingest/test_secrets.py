"""Whose webhooks are believed, and how a secret is changed while they come."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from datetime import timedelta

import psutil
import pytest
import requests

from tests.plugins.services import SECRET, signed, start_ingest, until
from tests.plugins.webhooks import JSON, UPDATE, payload, post, standard_headers
from tests.plugins.wire import line, request

BODY = json.dumps(payload()).encode()
STATIC = {"WEBHOOK_ALLOW_STATIC_HEADER": "1"}


def test_any_secret_of_a_rotation_is_taken(start, bus_url):
    service = start_ingest(
        start, bus_url, WEBHOOK_SECRET=f"the new long secret,{SECRET}"
    )

    for secret in (SECRET, "the new long secret"):
        assert post(service, BODY, headers=signed(BODY, secret)).status_code == 202
    refused = post(service, BODY, headers=signed(BODY, "a third"))
    assert refused.status_code == 401


def test_timestamp_is_believed_within_the_tolerance_on_both_sides(ingest):
    for minutes, status in ((-6, 401), (-4, 202), (4, 202), (6, 401)):
        headers = standard_headers(BODY, age=timedelta(minutes=minutes))
        assert post(ingest, BODY, headers=headers).status_code == status


def test_one_good_signature_of_several_is_enough(ingest):
    headers = standard_headers(BODY)
    good = headers["webhook-signature"]

    headers["webhook-signature"] = f"v1a,xyz v1,AAAA {good}"
    assert post(ingest, BODY, headers=headers).status_code == 202
    headers["webhook-signature"] = "v1,AAAA " * 100 + good
    assert post(ingest, BODY, headers=headers).status_code == 401


class Sender(threading.Thread):
    """Sends webhooks one after the other; `secret` signs the next one."""

    def __init__(self, service, secret, *, keeps_connection):
        super().__init__()
        self.secret = secret
        self.answers = []
        self.faults = []
        self._url = service.url + UPDATE
        self._keeps_connection = keeps_connection
        self._ended = threading.Event()

    def run(self):
        session = requests.Session()
        while not self._ended.is_set():
            send = session.post if self._keeps_connection else requests.post
            secret = self.secret
            headers = signed(BODY, secret)
            try:
                answer = send(self._url, data=BODY, headers=headers, timeout=10)
                self.answers.append((secret, answer.status_code))
            except requests.RequestException as error:
                self.faults.append(error)

    def has_sent(self, count):
        start = len(self.answers)
        until(lambda: len(self.answers) >= start + count)

    def end(self):
        self._ended.set()
        self.join()


@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("the old long secret\n")
    return file


@pytest.fixture
def rotating(start, bus_url, secret_file):
    return start_ingest(
        start,
        bus_url,
        WEBHOOK_SECRET="",
        WEBHOOK_SECRET_FILE=str(secret_file),
        INGEST_WORKERS="2",
    )


def read_again(service):
    """Return once none of the workers is left that have the former settings."""
    former = set(workers(service))
    os.kill(service.pid, signal.SIGHUP)
    until(lambda: former.isdisjoint(workers(service)))


def workers(service):
    return [child.pid for child in psutil.Process(service.pid).children()]


def is_taken(service, secret):
    # All workers must have it: each answers some of these.
    return {
        post(service, BODY, headers=signed(BODY, secret)).status_code for _ in range(10)
    } == {202}


@pytest.mark.parametrize("keeps_connection", [True, False])
def test_secret_is_changed_under_load_and_no_request_is_refused_or_cut(
    rotating, secret_file, keeps_connection
):
    sender = Sender(rotating, "the old long secret", keeps_connection=keeps_connection)
    sender.start()
    try:
        sender.has_sent(20)
        secret_file.write_text("the new long secret,the old long secret\n")
        read_again(rotating)
        until(lambda: is_taken(rotating, "the new long secret"))
        sender.secret = "the new long secret"
        sender.has_sent(20)
        secret_file.write_text("the new long secret\n")
        read_again(rotating)
        until(lambda: not is_taken(rotating, "the old long secret"))
        sender.has_sent(20)
    finally:
        sender.end()

    assert sender.faults == []
    assert set(sender.answers) == {
        ("the old long secret", 202),
        ("the new long secret", 202),
    }
    told = rotating.output()
    names = ("webhook_secret", "unsubscribe_secret")
    assert "secret" not in re.sub("|".join(names), "", told)
    assert "Traceback" not in told


def test_connection_that_waits_is_served_once_more_or_ended_in_peace(
    rotating, secret_file
):
    with line(rotating.port) as connection:
        connection.send(request(BODY, headers=signed(BODY, "the old long secret")))
        assert connection.answer().status == 202
        read_again(rotating)
        assert connection.is_ended()

    assert "graceful timeout" not in rotating.output()


def test_file_without_a_secret_leaves_the_former_one_in_force(rotating, secret_file):
    secret_file.write_text("\n")
    read_again(rotating)
    until(lambda: "settings.refused" in rotating.output())
    until(lambda: rotating.output().count("Worker exiting") >= 2)

    assert rotating.running
    assert is_taken(rotating, "the old long secret")
    assert rotating.stop() == 0


def test_static_secret_is_taken_where_it_is_allowed_and_said_to_be_weaker(
    start, bus_url
):
    service = start_ingest(
        start, bus_url, WEBHOOK_SECRET=f"the long neu\xfc one,{SECRET}", **STATIC
    )

    def status(**headers):
        return post(service, BODY, headers=JSON | headers).status_code

    assert status(**{"X-Webhook-Secret": SECRET}) == 202
    assert status(**{"X-Webhook-Secret": "the long neu\xfc one".encode()}) == 202
    assert status(**{"X-Webhook-Secret": SECRET[:-1]}) == 401
    assert status(**{"X-Webhook-Secret": "\xff"}) == 401
    # A signature that does not hold is not mended by it.
    assert status(**{"X-Webhook-Secret": SECRET, "X-Signature": "00"}) == 401
    told = service.output()
    assert told.count("secret.static-header-allowed") == 1
    assert SECRET not in told


def test_short_secret_works_and_is_warned_of(start, bus_url):
    service = start_ingest(start, bus_url, WEBHOOK_SECRET="guessable")

    assert post(service, BODY, headers=signed(BODY, "guessable")).status_code == 202
    assert "secret.short" in service.output()
    assert "guessable" not in service.output()
