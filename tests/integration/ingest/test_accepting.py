"""What is taken: it is on the bus when the answer comes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import requests

from shared import events
from tests.plugins.services import signed
from tests.plugins.webhooks import (
    STATUS,
    UPDATE,
    payload,
    post,
    standard_headers,
    take,
)

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize("style", ["plain", "prefixed", "standard", "svix"])
def test_captured_update_is_accepted_and_on_the_mailers_queue_when_202_comes(
    ingest, bus_url, style
):
    body = (SAMPLES / "pg_net-update.json").read_bytes()
    headers = signed(body)
    if style == "prefixed":
        headers["X-Signature"] = "sha256=" + headers["X-Signature"]
    if style == "standard":
        headers = standard_headers(body)
    if style == "svix":
        headers = standard_headers(body, prefix="svix")

    answer = post(ingest, body, headers=headers)

    assert answer.status_code == 202
    told = answer.json()
    assert told["status"] == "accepted"
    assert told["submission_id"] == "33333333-3333-3333-3333-333333333333"
    assert "status" in told["updated_fields"]
    _, properties, message = take(bus_url, "mailer.status-changes")
    assert properties.delivery_mode == 2
    assert properties.content_type == "application/cloudevents+json"
    event = events.decode(message)
    assert event.id == told["event_id"] == properties.message_id
    if style in {"standard", "svix"}:
        assert event.id == "msg_of_the_sender"
    sent = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    columns = msgspec.json.decode(sent["record"], type=dict[str, msgspec.Raw])
    assert {k: bytes(v) for k, v in event.data.record.items()} == (
        {k: bytes(v) for k, v in columns.items()}
    )


def test_both_endpoints_of_the_predecessor_take_a_status_change(ingest, bus_url):
    body = (SAMPLES / "pg_net-update.json").read_bytes()

    for path in (UPDATE, STATUS, f"{UPDATE}/"):
        assert post(ingest, body, path=path).status_code == 202
        assert take(bus_url, "mailer.status-changes")


def test_status_endpoint_ignores_what_is_no_status_change(ingest):
    answer = post(ingest, payload(), path=STATUS)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ignored"
    assert answer.json()["reason"]


def test_same_webhook_twice_is_accepted_twice_under_one_id(ingest):
    body = (SAMPLES / "pg_net-insert.json").read_bytes()
    headers = standard_headers(body, webhook_id="msg_again")

    told = [post(ingest, body, headers=headers) for _ in range(2)]

    assert [each.status_code for each in told] == [202, 202]
    assert {each.json()["event_id"] for each in told} == {"msg_again"}


def test_titles_of_any_script_come_back_in_utf8(ingest):
    answer = post(ingest, payload(title="Café 🎧", Ünïcødé=1))

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Ünïcødé".encode() in answer.content


def test_health_and_ready_speak_of_the_broker(ingest):
    health = requests.get(f"{ingest.url}/health", timeout=5).json()

    assert health["status"] == "healthy"
    assert health["broker"]["connected"] is True
    assert requests.get(f"{ingest.url}/ready", timeout=5).status_code == 200
