"""Intake: what a request becomes, decided without a socket or a broker."""

import json
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service.intake import (
    Accepted,
    Endpoint,
    Ignored,
    Refused,
    Request,
    Rules,
    decide,
)
from shared import signature

SAMPLES = Path(__file__).parents[2] / "samples"
KEY = b"secret"
NOW = 1_790_000_000.5
RULES = Rules(keys=[KEY], tolerance=300)
JSON = {"content-type": "application/json"}


def ask(body, *, endpoint=Endpoint.UPDATE, headers=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"x-signature": signature.sign_plain(body, KEY)}
    request = Request(
        endpoint=endpoint, body=body, headers=JSON | signed | (headers or {})
    )
    return decide(request, RULES, now=NOW, new_id="evt_new")


def row(**columns):
    return {"id": "s-1", "userid": "u-1", "title": "T", "status": "pending"} | columns


def payload(old=None, new=None, **keys):
    return {"table": "submissions", "record": new, "old_record": old} | keys


def sample(name):
    return (SAMPLES / f"pg_net-{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("insert", "submission.inserted"),
        ("update", "submission.status-changed"),
        ("delete", "submission.deleted"),
    ],
)
def test_captured_request_is_accepted_with_every_value_as_it_was_sent(name, kind):
    body = sample(name)

    decision = ask(body)

    assert isinstance(decision, Accepted)
    event = decision.event
    assert event.type == kind
    assert event.subject == "33333333-3333-3333-3333-333333333333"
    assert event.data.artist_id == "11111111-1111-1111-1111-111111111111"
    raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for key in ("record", "old_record"):
        kept = getattr(event.data, key)
        sent = msgspec.json.decode(raw[key], type=dict[str, msgspec.Raw] | None)
        assert _bytes(kept) == _bytes(sent)


def _bytes(columns):
    return columns and {name: bytes(value) for name, value in columns.items()}


def test_captured_update_names_the_changed_fields_only():
    fields = ask(sample("update")).event.data.updated_fields

    assert sorted(fields) == ["feedback", "rating", "status", "updated_at"]


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        (payload(new=row()), "INSERT"),
        (payload(old=row(), new=row(title="U")), "UPDATE"),
        (payload(old=row()), "DELETE"),
    ],
)
def test_missing_type_is_inferred_from_the_rows(body, operation):
    assert ask(body).event.data.operation == operation


def test_undocumented_keys_travel_along():
    data = ask(payload(new=row(mood="blue"), user_id="r-9")).event.data

    assert bytes(data.extra["user_id"]) == b'"r-9"'
    assert bytes(data.record["mood"]) == b'"blue"'


def test_whole_number_ids_become_text():
    event = ask(payload(new=row(id=9007199254740993, userid=7))).event

    assert (event.subject, event.data.artist_id) == ("9007199254740993", "7")


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        (b"", HTTPStatus.BAD_REQUEST, None),
        (b"{", HTTPStatus.BAD_REQUEST, None),
        (b'{"table": "submissions", "record": {"id": "\xff"}}', 400, None),
        (b'{"table":"submissions","record":{"id":"1","a":"\xff"}}', 400, None),
        (b"[" * 10_000 + b"]" * 10_000, HTTPStatus.BAD_REQUEST, None),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, HTTPStatus.BAD_REQUEST, None),
        (b'{"table": "submissions", "table": "users"}', HTTPStatus.BAD_REQUEST, None),
        (b'{"record": {"id": "1", "id": "2"}}', HTTPStatus.BAD_REQUEST, None),
        (b"[]", HTTPStatus.UNPROCESSABLE_ENTITY, "$"),
        (b"null", HTTPStatus.UNPROCESSABLE_ENTITY, "$"),
        ({"record": row()}, HTTPStatus.UNPROCESSABLE_ENTITY, "$.table"),
        (payload(), HTTPStatus.UNPROCESSABLE_ENTITY, "$"),
        (payload(new={}), HTTPStatus.UNPROCESSABLE_ENTITY, "$.record.id"),
        (payload(new=row(id=None)), HTTPStatus.UNPROCESSABLE_ENTITY, "$.record.id"),
        (payload(new=row(title=[])), HTTPStatus.UNPROCESSABLE_ENTITY, "$.record.title"),
        (payload(new=row(id="")), HTTPStatus.UNPROCESSABLE_ENTITY, "$.record.id"),
        (payload(new=row(id="x" * 201)), 422, "$.record.id"),
        (payload(new=[1]), HTTPStatus.UNPROCESSABLE_ENTITY, "$.record"),
        (payload(new=row(), type="TRUNCATE"), 422, "$.type"),
        (payload(new=row(), type="UPDATE"), 422, "$.old_record"),
        (payload(old=row(), type="INSERT"), 422, "$.record"),
        (payload(new=row(), type="DELETE"), 422, "$.old_record"),
    ],
)
def test_faulty_body_is_refused_with_its_place(body, status, path):
    decision = ask(body)

    assert isinstance(decision, Refused)
    assert (decision.status, decision.path) == (status, path)


def test_unsigned_request_is_refused_before_its_body_is_looked_at():
    body = b"\xff not even text"
    request = Request(endpoint=Endpoint.UPDATE, body=body, headers=JSON)

    decision = decide(request, RULES, now=NOW, new_id="x")

    assert decision.status is HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": ""},
        {"content-type": "application/json; charset=latin-1"},
        {"content-encoding": "gzip"},
    ],
)
def test_other_content_is_not_taken(headers):
    decision = ask(payload(new=row()), headers=headers)

    assert decision.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'Application/JSON; charset="UTF-8"; x=1',
        "application/json; profile=a",
    ],
)
def test_content_type_may_have_parameters(content_type):
    headers = {"content-type": content_type}

    assert isinstance(ask(payload(new=row()), headers=headers), Accepted)


def test_hostile_strings_are_walked_over_once():
    body = b"[]" * 70 + b'"' + b'\\"' * 500_000

    assert isinstance(ask(body), Refused)


def test_other_tables_and_schemas_are_ignored():
    assert isinstance(ask(payload(new=row(), table="users")), Ignored)
    assert isinstance(ask(payload(new={"x": 1}, table="users")), Ignored)
    assert isinstance(ask(payload(new=[1], table="users")), Ignored)
    assert isinstance(ask(payload(new=row(), schema="audit")), Ignored)
    assert isinstance(ask(payload(new=row(), schema="public")), Accepted)


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (payload(new=row()), False),
        (payload(old=row()), False),
        (payload(old=row(), new=row(title="other")), False),
        (payload(old=row(), new=row(status="approved")), True),
    ],
)
def test_status_endpoint_takes_status_changes_only(body, taken):
    decision = ask(body, endpoint=Endpoint.STATUS)

    assert isinstance(decision, Accepted if taken else Ignored)


def test_sequence_and_trace_are_passed_on_and_nonsense_is_not():
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    good = {"x-change-sequence": "0042", "traceparent": trace}
    bad = {"x-change-sequence": "4e2", "traceparent": "x"}

    event = ask(payload(new=row()), headers=good).event
    plain = ask(payload(new=row()), headers=bad).event

    assert (event.sequence, event.traceparent) == ("42", trace)
    assert (plain.sequence, plain.traceparent) == (msgspec.UNSET, msgspec.UNSET)


def test_two_requests_of_one_change_share_a_fingerprint_and_others_do_not():
    first, again = ask(sample("update")).event, ask(sample("update")).event
    other = ask(sample("insert")).event

    assert first.fingerprint == again.fingerprint != other.fingerprint


@given(st.binary(max_size=200))
def test_no_signed_bytes_cause_an_error(body):
    assert isinstance(ask(body), Refused | Ignored | Accepted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(
    ["type", "table", "schema", "record", "old_record"],
    json_values | st.just("submissions"),
)))  # fmt: skip
def test_no_signed_json_causes_an_error(document):
    assert isinstance(ask(document), Refused | Ignored | Accepted)
