"""The Supabase stand-in's pure parts, held against what the real sender sent."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from devstack.supabase import jsonb, postgrest
from devstack.supabase.postgrest import QueryError
from devstack.supabase.store import Change
from devstack.supabase.webhooks import request_bytes
from shared import signature
from shared.signature import Verified

SAMPLES = Path(__file__).parents[2] / "samples"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize("name", ["insert", "update", "delete"])
def test_json_is_written_byte_for_byte_as_postgres_does(name):
    body = (SAMPLES / f"pg_net-{name}.json").read_text(encoding="utf-8")
    shuffled = json.loads(body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    assert jsonb.text_of(shuffled) == body


def sent(name, secret=SECRET, now=None):
    document = json.loads((SAMPLES / f"pg_net-{name}.json").read_bytes())
    change = Change(
        "submissions", document["type"], 7, document["record"], document["old_record"]
    )
    url = "http://127.0.0.1:9098/webhooks/db?x=1"
    return request_bytes(url, change, secret, now=now or datetime.now(UTC))


@pytest.mark.parametrize("name", ["insert", "update", "delete"])
def test_request_is_pg_nets_but_for_the_triggers_headers(name):
    captured = (SAMPLES / f"pg_net-{name}.http").read_bytes()
    head, _, body = sent(name).partition(b"\r\n\r\n")
    captured_head, _, captured_body = captured.partition(b"\r\n\r\n")
    ours = [line for line in head.split(b"\r\n") if not _of_trigger(line)]
    theirs = [line for line in captured_head.split(b"\r\n") if not _of_trigger(line)]

    assert ours == theirs
    assert body == captured_body
    names = [line.split(b":")[0] for line in head.split(b"\r\n")[1:]]
    assert names == [
        b"Host",
        b"Accept",
        b"webhook-id",
        b"X-Signature",
        b"Content-Type",
        b"X-Change-Sequence",
        b"webhook-signature",
        b"webhook-timestamp",
        b"User-Agent",
        b"Content-Length",
    ]


def _of_trigger(line):
    return line.split(b":")[0] in {
        b"X-Foo",
        b"webhook-id",
        b"X-Signature",
        b"X-Change-Sequence",
        b"webhook-signature",
        b"webhook-timestamp",
    }


@pytest.mark.parametrize("secret", [SECRET, "a plain secret, as people make them"])
def test_both_signatures_of_a_request_hold(secret):
    now = datetime.now(UTC)
    head, _, body = sent("update", secret, now).partition(b"\r\n\r\n")
    lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    headers = {name.lower(): value for name, _, value in lines}
    keys = signature.keys_of([secret])

    verdict = signature.verify(
        body, headers, keys=keys, now=now.timestamp(), tolerance=5
    )
    plain = {"x-signature": headers["x-signature"]}
    Webhook(secret if secret == SECRET else secret.encode()).verify(body, headers)

    assert verdict == Verified(headers["webhook-id"])
    assert signature.verify(body, plain, keys=keys, now=0, tolerance=5) == Verified()


ROWS = [
    {"id": "1", "title": "B", "rating": 5, "status": "pending", "userid": "u"},
    {"id": "2", "title": "A", "rating": None, "status": "approved", "userid": "v"},
    {"id": "3", "title": "C", "rating": 9, "status": "approved", "userid": None},
]


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ([], "123"),
        ([("status", "eq.approved")], "23"),
        ([("status", "neq.approved")], "1"),
        ([("status", "not.eq.approved")], "1"),
        ([("rating", "gt.5")], "3"),
        ([("rating", "gte.5"), ("rating", "lt.9")], "1"),
        ([("rating", "is.null")], "2"),
        ([("title", "in.(A,C)")], "23"),
        ([("title", 'in.("A")')], "2"),
        ([("order", "title.asc")], "213"),
        ([("order", "status.desc,title.desc")], "132"),
        ([("order", "id.desc"), ("limit", "1")], "3"),
        ([("limit", "1"), ("offset", "1")], "2"),
    ],
)
def test_queries_find_what_postgrest_finds(params, ids):
    query = postgrest.parse(params)

    assert "".join(row["id"] for row in postgrest.chosen(ROWS, query)) == ids


def test_selected_columns_and_the_artist_inside_are_shown():
    query = postgrest.parse([("select", "id, title,users(name,email)")])
    users = {"u": {"name": "Ada", "email": "a@x.test", "authid": "z"}}

    shown = [postgrest.shown(row, query, users) for row in ROWS[1:] + ROWS[:1]]

    assert shown == [
        {"id": "2", "title": "A", "users": None},
        {"id": "3", "title": "C", "users": None},
        {"id": "1", "title": "B", "users": {"name": "Ada", "email": "a@x.test"}},
    ]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([("id", "eq.not-a-uuid")], "22P02"),
        ([("status", "approved")], "PGRST100"),
        ([("status", "like.x")], "PGRST100"),
        ([("limit", "-1")], "22P02"),
    ],
)
def test_faulty_queries_are_refused_as_postgrest_does(params, code):
    with pytest.raises(QueryError) as refused:
        postgrest.parse(params)

    assert refused.value.code == code


def test_unknown_column_is_refused():
    query = postgrest.parse([("select", "nothing")])

    with pytest.raises(QueryError) as refused:
        postgrest.shown(ROWS[0], query, {})
    assert refused.value.code == "42703"
