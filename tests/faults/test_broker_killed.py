"""The broker dies in mid-work: each change gets its 202, and is there in the end."""

from __future__ import annotations

import requests

from tests.plugins.senders import (
    Senders,
    assert_kept,
    is_drained,
    until_streams_are_kept,
)
from tests.plugins.services import start_ingest, until
from tests.plugins.sockets import post_change


def test_every_change_is_accepted_and_survives_kills_and_restarts_of_the_broker(
    start, private_broker
):
    ingest = start_ingest(start, private_broker.url, INGEST_WORKERS="2")
    until_streams_are_kept()

    with Senders(ingest.url) as senders:
        for end in (private_broker.kill, private_broker.stop, private_broker.kill):
            before = senders.accepted
            until(lambda before=before: senders.accepted > before + 100)
            end()
            spooled = len(senders.spooled)
            until(lambda spooled=spooled: len(senders.spooled) > spooled + 20)
            private_broker.start()
            until(lambda: is_drained(ingest))
    until(lambda: is_drained(ingest))

    assert senders.refused == []
    assert_kept(senders, private_broker.url)


def test_frozen_broker_is_answered_from_the_spool_within_the_deadline(
    start, private_broker
):
    ingest = start_ingest(start, private_broker.url)
    private_broker.pause()
    try:
        answer = post_change(ingest.url)
    finally:
        private_broker.resume()

    assert answer.status_code == 202
    assert answer.json()["queued"] == "spool"
    until(lambda: is_drained(ingest))
    assert "queued" not in post_change(ingest.url).json()


def test_services_start_in_any_order_and_the_broker_last(start, private_broker):
    private_broker.stop()
    ingest = start_ingest(start, private_broker.url, wait=False)

    def answers():
        try:
            return requests.get(f"{ingest.url}/ready", timeout=2).status_code == 503
        except requests.ConnectionError:
            return False

    until(answers)
    private_broker.start()

    ingest.wait_ready()
    assert post_change(ingest.url).status_code == 202
