"""The secret itself as a header: only where allowed, and only without a signature."""

import json
from http import HTTPStatus

import pytest

from ingest_service.intake import (
    Accepted,
    Endpoint,
    Request,
    Rules,
    decide,
    needs_body,
)
from shared import signature

KEY = b"secret"
ROW = {"id": "s-1", "title": "T", "status": "pending"}
BODY = json.dumps({"table": "submissions", "record": ROW}).encode()
JSON = {"content-type": "application/json"}
STATIC = {"x-webhook-secret": "secret"}
STRICT = Rules(keys=[KEY], tolerance=300)
LAX = Rules(keys=[KEY], tolerance=300, static_secrets=[b"other", KEY])


def ask(headers, rules):
    request = Request(endpoint=Endpoint.UPDATE, body=BODY, headers=JSON | headers)
    return decide(request, rules, now=0.0, new_id="evt_new")


def test_any_of_the_secrets_is_taken_where_the_operator_allows_it():
    assert isinstance(ask(STATIC, LAX), Accepted)
    assert isinstance(ask({"x-webhook-secret": "other"}, LAX), Accepted)
    assert ask(STATIC, STRICT).status is HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("given", ["", "secre", "secrets", "Secret", "\xff", "\u20ac"])
def test_anything_else_is_refused(given):
    decision = ask({"x-webhook-secret": given}, LAX)

    assert decision.status is HTTPStatus.UNAUTHORIZED


def test_signature_that_does_not_hold_is_not_mended_by_it():
    assert ask(STATIC | {"x-signature": "00"}, LAX).status is HTTPStatus.UNAUTHORIZED


def test_signature_that_holds_needs_no_secret():
    signed = {"x-signature": signature.sign_plain(BODY, KEY)}

    assert isinstance(ask(signed, LAX), Accepted)


@pytest.mark.parametrize(
    ("headers", "rules", "wanted"),
    [
        ({}, LAX, False),
        (STATIC, STRICT, False),
        (STATIC, LAX, True),
        ({"x-signature": "00"}, STRICT, True),
        ({"x-signature": ""}, STRICT, False),
        ({"webhook-signature": "v1,x"}, STRICT, True),
        ({"svix-signature": "v1,x"}, STRICT, True),
    ],
)
def test_body_is_only_wanted_with_some_proof_of_its_sender(headers, rules, wanted):
    assert needs_body(headers, rules) is wanted
