"""Who is refused too often has to wait; who signs never has."""

from __future__ import annotations

import json

import pytest

from tests.plugins.services import signed
from tests.plugins.webhooks import JSON, payload, post

BODY = json.dumps(payload()).encode()
ALLOWED = 5
WRONG = JSON | {"X-Signature": "00"}


@pytest.fixture(scope="module")
def ingest_settings():
    return {"MAX_REFUSED_PER_MINUTE": str(ALLOWED)}


def from_address(address, headers):
    # As the edge tells it.
    return headers | {"X-Forwarded-For": address}


@pytest.mark.parametrize("headers", [JSON, WRONG], ids=["unsigned", "wrongly signed"])
def test_address_that_is_refused_too_often_is_429_and_its_signed_ones_still_202(
    ingest, headers
):
    # Each case comes from somewhere else.
    mine = from_address(f"203.0.113.{len(headers)}", headers)

    refused = [post(ingest, BODY, headers=mine) for _ in range(ALLOWED + 3)]
    # Time goes on meanwhile: a slow run may be given one more.
    assert {each.status_code for each in refused[:ALLOWED]} == {401}
    assert refused[-1].status_code == 429
    assert int(refused[-1].headers["Retry-After"]) == 12
    assert refused[-1].json()["status"] == 429

    good = mine | signed(BODY)
    assert {post(ingest, BODY, headers=good).status_code for _ in range(20)} == {202}


def test_one_address_is_not_made_to_wait_for_another(ingest):
    for _ in range(ALLOWED + 3):
        post(ingest, BODY, headers=from_address("198.51.100.1", WRONG))

    other = post(ingest, BODY, headers=from_address("198.51.100.2", WRONG))
    assert other.status_code == 401


def test_what_is_refused_for_its_rate_is_not_told_each_time(ingest):
    for _ in range(50):
        post(ingest, BODY, headers=from_address("198.51.100.3", WRONG))

    assert '"status":429' not in ingest.output()
