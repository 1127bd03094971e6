"""What is not taken: each fault has its answer, and none is told more than it knew."""

from __future__ import annotations

import gzip
import json

import pytest
import requests

from tests.plugins.services import signed
from tests.plugins.webhooks import JSON, UPDATE, payload, post


def deep(levels):
    return b'{"a":' * levels + b"1" + b"}" * levels


def row_with(member):
    row = json.dumps(payload()["record"]).encode().removesuffix(b"}")
    return b'{"table": "submissions", "record": %s, %s}}' % (row, member)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", JSON, 401),
        (b"{}", JSON | {"X-Signature": "00"}, 401),
        (b"{}", JSON | {"X-Webhook-Secret": "not allowed here"}, 401),
        (b"", None, 400),
        (b"{", None, 400),
        (b'{"a": "\xff"}', None, 400),
        (b'{"a": "\xed\xa0\x80"}', None, 400),
        (b'\xef\xbb\xbf{"table": "submissions"}', None, 400),
        (deep(10_000), None, 400),
        (b"[" * 10_000 + b"]" * 10_000, None, 400),
        (b'{"table": "submissions", "table": "users"}', None, 400),
        (row_with(b'"id": "s-2"'), None, 400),
        (row_with(rb'"\u0069d": "s-2"'), None, 400),
        (b'{"record": {}}', None, 422),
        (b"x" * 1_048_577, None, 413),
        (b"x" * 3_000_000, None, 413),
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


def test_key_that_stands_twice_is_told_as_such(ingest):
    problem = post(ingest, b'{"table": "submissions", "table": "users"}').json()

    assert "twice" in problem["detail"]


def test_other_content_types_are_415(ingest):
    body = json.dumps(payload()).encode()

    plain = post(ingest, body, headers=signed(body) | {"Content-Type": "text/plain"})
    assert plain.status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip"])
def test_content_encodings_are_415_and_no_bomb_is_ever_unpacked(ingest, encoding):
    bomb = gzip.compress(bytes(200_000_000), compresslevel=9)
    assert len(bomb) < 1_048_576

    answer = post(ingest, bomb, headers=signed(bomb) | {"Content-Encoding": encoding})

    assert answer.status_code == 415


def test_unknown_paths_and_methods_are_problems_and_never_redirects(ingest):
    missing = requests.get(f"{ingest.url}/nothing", timeout=5, allow_redirects=False)
    wrong = requests.get(ingest.url + UPDATE, timeout=5)

    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["Allow"].split(", ")


def test_doubled_slashes_are_another_address_and_no_redirect(ingest):
    for path in ("/webhook//submission-update", f"{UPDATE}//"):
        assert post(ingest, payload(), path=path).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])
def test_other_methods_are_405(ingest, method):
    answer = requests.request(method, ingest.url + UPDATE, timeout=5)

    assert answer.status_code == 405


def test_head_and_options_are_answered_without_a_body(ingest):
    head = requests.head(f"{ingest.url}/health", timeout=5)
    options = requests.options(ingest.url + UPDATE, timeout=5)

    assert (head.status_code, head.content) == (200, b"")
    assert requests.head(ingest.url + UPDATE, timeout=5).status_code == 405
    assert (options.status_code, options.content) == (200, b"")
    assert set(options.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_no_content_is_logged(ingest):
    body = payload(title="a title of a track", email="a@b.test")
    assert post(ingest, body).status_code == 202
    assert post(ingest, body, headers={"X-Signature": "00"}).status_code == 401
    # What is hidden from all tests' output is looked for when the service ends.
    assert "webhook.taken" in ingest.output()
