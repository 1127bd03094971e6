"""The ingest service over HTTP, with a real broker behind it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from pathlib import Path

import msgspec
import pika
import pytest
import requests

from shared import events
from tests.plugins.services import SECRET, signed, start_ingest

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def bus_url(bus_url_for_module):
    return bus_url_for_module


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url):
    return start_ingest(start_for_module, bus_url)


def post(service, body, *, path="/webhook/submission-update", headers=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = signed(body) if headers is None else headers
    return requests.post(
        service.url + path, data=body, headers=sent, timeout=10, allow_redirects=False
    )


def payload(**columns):
    row = {"id": "s-1", "userid": "u-1", "title": "T", "status": "pending"} | columns
    return {"type": "INSERT", "table": "submissions", "record": row, "old_record": None}


def take(bus_url, queue):
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    try:
        channel = connection.channel()
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        return method and (method, properties, body)
    finally:
        connection.close()


@pytest.mark.parametrize("style", ["plain", "prefixed", "standard"])
def test_captured_update_is_accepted_and_on_the_mailers_queue_when_202_comes(
    ingest, bus_url, style
):
    body = (SAMPLES / "pg_net-update.json").read_bytes()
    headers = signed(body)
    if style == "prefixed":
        headers["X-Signature"] = "sha256=" + headers["X-Signature"]
    if style == "standard":
        headers = standard_headers(body)

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
    if style == "standard":
        assert event.id == "msg_of_the_sender"
    sent = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    columns = msgspec.json.decode(sent["record"], type=dict[str, msgspec.Raw])
    assert {k: bytes(v) for k, v in event.data.record.items()} == (
        {k: bytes(v) for k, v in columns.items()}
    )


def standard_headers(body):
    from datetime import UTC, datetime

    from standardwebhooks import Webhook

    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": "msg_of_the_sender",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(
            "msg_of_the_sender", now, body.decode()
        ),
    }


def test_both_endpoints_of_the_predecessor_take_a_status_change(ingest, bus_url):
    body = (SAMPLES / "pg_net-update.json").read_bytes()

    for path in (
        "/webhook/submission-update",
        "/webhook/submission-status-update",
        "/webhook/submission-update/",
    ):
        assert post(ingest, body, path=path).status_code == 202
        assert take(bus_url, "mailer.status-changes")


def test_status_endpoint_ignores_what_is_no_status_change(ingest):
    answer = post(ingest, payload(), path="/webhook/submission-status-update")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ignored"
    assert answer.json()["reason"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 401),
        (b"{}", {"Content-Type": "application/json", "X-Signature": "00"}, 401),
        (b"{", None, 400),
        (b'{"a": "\xff"}', None, 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, None, 400),
        (b'{"record": {}}', None, 422),
        (b"x" * 1_048_577, None, 413),
        (json.dumps({**payload(), "table": "users"}).encode(), None, 200),
    ],
)
def test_each_fault_has_its_answer_as_problem_json(ingest, body, headers, status):
    answer = post(ingest, body, headers=headers)

    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["Content-Type"] == (
            "application/problem+json; charset=utf-8"
        )
        problem = answer.json()
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]
        assert problem["request_id"] == answer.headers["X-Request-Id"]
    else:
        assert answer.json()["status"] == "ignored"


def test_fault_in_a_row_is_told_with_its_path(ingest):
    problem = post(ingest, payload(title=["not", "text"])).json()

    assert problem["path"] == "$.record.title"


def test_other_content_types_and_encodings_are_415(ingest):
    body = json.dumps(payload()).encode()
    plain = signed(body) | {"Content-Type": "text/plain"}
    zipped = signed(body) | {"Content-Encoding": "gzip"}

    assert post(ingest, body, headers=plain).status_code == 415
    assert post(ingest, body, headers=zipped).status_code == 415


def test_unknown_paths_and_methods_are_problems_and_never_redirects(ingest):
    missing = requests.get(f"{ingest.url}/nothing", timeout=5, allow_redirects=False)
    wrong = requests.get(f"{ingest.url}/webhook/submission-update", timeout=5)

    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["Allow"].split(", ")


def test_body_in_chunks_is_taken_and_bounded_like_any_other(ingest):
    body = json.dumps(payload()).encode()

    assert _post_chunked(ingest.port, body, signed(body)) == 202
    assert _post_chunked(ingest.port, b"x" * 1_100_000, signed(b"")) == 413


def _post_chunked(port, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        pieces = (body[n : n + 65_536] for n in range(0, len(body), 65_536))
        connection.request(
            "POST",
            "/webhook/submission-update",
            body=pieces,
            headers=headers,
            encode_chunked=True,
        )
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        # The service has answered and closed without reading the rest.
        return connection.getresponse().status
    finally:
        connection.close()


def raw(port, data):
    """Send bytes as they are and return all that is answered."""
    with socket.create_connection(("127.0.0.1", port), 15) as connection:
        connection.sendall(data)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                answer += piece
                if b"request_id" in answer:
                    break
        return answer


POST = b"POST /webhook/submission-update HTTP/1.1\r\nHost: x\r\n"


def test_broken_chunks_are_400_and_tell_nobody_any_secret(ingest):
    answer = raw(ingest.port, POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")

    assert b" 400 " in answer
    assert b"application/problem+json" in answer
    told = ingest.output()
    assert SECRET not in told
    assert "Traceback" not in told


def test_body_that_does_not_come_is_408_and_frees_its_thread(ingest):
    answer = raw(ingest.port, POST + b"Content-Length: 100\r\n\r\nabc")

    assert b" 408 " in answer


def test_doubled_slashes_are_another_address_and_no_redirect(ingest):
    for path in ("/webhook//submission-update", "/webhook/submission-update//"):
        assert post(ingest, payload(), path=path).status_code == 404


def test_titles_of_any_script_come_back_in_utf8(ingest):
    answer = post(ingest, payload(title="Café 🎧", Ünïcødé=1))

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Ünïcødé".encode() in answer.content


def test_health_and_ready_speak_of_the_broker(ingest):
    health = requests.get(f"{ingest.url}/health", timeout=5).json()

    assert health["status"] == "healthy"
    assert health["broker"] == {"connected": True}
    assert requests.get(f"{ingest.url}/ready", timeout=5).status_code == 200


def test_no_broker_is_503_with_retry_after_and_never_a_202(start):
    away = start_ingest(start, "amqp://u:p@127.0.0.1:1/", wait=False)
    for _ in range(200):
        try:
            answer = post(away, payload())
            break
        except requests.ConnectionError:
            import time

            time.sleep(0.05)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert requests.get(f"{away.url}/ready", timeout=5).status_code == 503


def test_any_secret_of_a_rotation_is_taken(start, bus_url):
    service = start_ingest(start, bus_url, WEBHOOK_SECRET=f"new secret,{SECRET}")
    body = json.dumps(payload()).encode()

    for secret in (SECRET, "new secret"):
        assert post(service, body, headers=signed(body, secret)).status_code == 202
    refused = post(service, body, headers=signed(body, "a third"))
    assert refused.status_code == 401


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


def test_sigterm_ends_the_service_with_exit_code_0(start, bus_url):
    assert start_ingest(start, bus_url).stop() == 0


def test_no_secret_and_no_content_is_logged(start, bus_url):
    ingest = start_ingest(start, bus_url)
    body = json.dumps(payload(title="a title of a track", email="a@b.test")).encode()
    post(ingest, body)
    post(ingest, body, headers={"X-Signature": "00", "Content-Type": "text/plain"})
    ingest.stop()

    told = ingest.output()
    assert "webhook.taken" in told
    for hidden in (SECRET, "a title of a track", "a@b.test", "Traceback"):
        assert hidden not in told
