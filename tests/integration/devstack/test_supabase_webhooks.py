"""A committed change is one signed request, byte for byte as pg_net would send it."""

from __future__ import annotations

import json
import time

import pytest
import requests
from standardwebhooks import Webhook

from devstack.supabase import jsonb
from shared import signature
from shared.signature import Verified
from tests.plugins.services import SECRET, SERVICE_KEY, until

SERVICE = {
    "apikey": SERVICE_KEY,
    "Authorization": f"Bearer {SERVICE_KEY}",
    "Prefer": "return=representation",
}


@pytest.fixture(autouse=True)
def quiet(sink, supabase):
    sink.received.clear()
    sink.gate.set()


def rest(supabase, method, path, **kwargs):
    url = f"{supabase.url}/rest/v1/{path}"
    answer = requests.request(method, url, headers=SERVICE, timeout=10, **kwargs)
    assert answer.ok, answer.text
    return answer.json()


def insert(supabase, number=1):
    rows = [{"title": f"T{n}", "bpm": 7} for n in range(number)]
    return rest(supabase, "POST", "submissions", json=rows)


def received(sink, number=1):
    until(lambda: len(sink.received) >= number)
    return [request.split(b"\r\n\r\n", 1) for request in sink.received]


def headers_of(head):
    lines = head.decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_insert_update_and_delete_carry_the_rows_before_and_after(supabase, sink):
    (made,) = insert(supabase)
    received(sink)
    path = f"submissions?id=eq.{made['id']}"
    (changed,) = rest(supabase, "PATCH", path, json={"status": "approved"})
    received(sink, 2)
    rest(supabase, "DELETE", path)

    bodies = [body for _, body in received(sink, 3)]

    envelopes = [json.loads(body) for body in bodies]
    assert [jsonb.text_of(e).encode() for e in envelopes] == bodies
    assert [list(e) for e in envelopes] == [
        ["type", "table", "record", "schema", "old_record"]
    ] * 3
    assert [(e["type"], e["record"], e["old_record"]) for e in envelopes] == [
        ("INSERT", made, None),
        ("UPDATE", changed, made),
        ("DELETE", None, changed),
    ]


def test_headers_on_the_wire_are_pg_nets_in_its_order(supabase, sink):
    insert(supabase)

    ((head, body),) = received(sink)

    names = [line.split(": ")[0] for line in head.decode().split("\r\n")]
    assert names == [
        "POST /hook?x=1 HTTP/1.1",
        "Host",
        "Accept",
        "webhook-id",
        "X-Signature",
        "Content-Type",
        "X-Change-Sequence",
        "webhook-signature",
        "webhook-timestamp",
        "User-Agent",
        "Content-Length",
    ]
    headers = headers_of(head)
    assert headers["Accept"] == "*/*"
    assert headers["User-Agent"] == "pg_net/0.20.4"
    assert headers["Content-Length"] == str(len(body))


def test_signatures_are_of_the_first_secret_and_hold(supabase, sink):
    insert(supabase)

    ((head, body),) = received(sink)

    headers = headers_of(head)
    lower = {name.lower(): value for name, value in headers.items()}
    verdict = signature.verify(
        body,
        lower,
        keys=signature.keys_of([SECRET]),
        now=time.time(),
        tolerance=10,
    )
    assert verdict == Verified(headers["webhook-id"])
    assert Webhook(SECRET).verify(body, headers)["type"] == "INSERT"


def test_200_are_under_way_at_once_and_the_rest_follows(supabase, sink):
    sink.gate.clear()
    insert(supabase, 230)

    until(lambda: len(sink.received) >= 200)
    assert insert(supabase), "the stand-in answers while its webhooks wait"
    held = len(sink.received)
    sink.gate.set()
    until(lambda: len(sink.received) == 231)

    assert held == 200
    bodies = {body for _, body in received(sink, 231)}
    assert len(bodies) == 231


def test_sequence_grows_by_one_a_change_and_over_a_restart(supabase, sink):
    insert(supabase, 3)
    received(sink, 3)
    assert supabase.stop() == 0
    supabase.start()
    insert(supabase)

    heads = [headers_of(head) for head, _ in received(sink, 4)]

    sequences = sorted(int(headers["X-Change-Sequence"]) for headers in heads)
    assert sequences == list(range(sequences[0], sequences[0] + 4))
    assert len({headers["webhook-id"] for headers in heads}) == 4


def test_change_that_is_taken_back_sends_nothing(supabase, sink):
    (row,) = insert(supabase)
    received(sink)
    answer = requests.post(
        f"{supabase.url}/rest/v1/submissions",
        headers=SERVICE,
        json=[{"title": "first"}, row],
        timeout=5,
    )
    assert answer.status_code == 409
    (last,) = insert(supabase)

    received(sink, 2)

    assert json.loads(sink.received[-1].split(b"\r\n\r\n")[1])["record"] == last
    assert len(sink.received) == 2
