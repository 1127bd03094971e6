"""The OpenAPI document is sound and says what the code and its sibling say."""

from __future__ import annotations

from schemathesis.specs.openapi.definitions import OPENAPI_31

from realtime_gateway.api import cursors, parameters
from realtime_gateway.api.census import MAX_MINUTES
from realtime_gateway.api.replay import TYPES
from shared.version import __version__
from tests.plugins import asyncapi
from tests.plugins.openapi import DOCUMENT, everything, faults, lookup

TEXTS = {"text/plain", "text/html", "application/openmetrics-text"}
SCHEMAS = DOCUMENT["components"]["schemas"]


def test_document_is_openapi_3_1_of_this_version():
    from jsonschema import Draft202012Validator  # takes a second

    found = Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)

    assert [f"{error.json_path}: {error.message}" for error in found] == []
    assert DOCUMENT["info"]["version"] == __version__


def test_every_schema_is_one_and_every_reference_leads_somewhere():
    from jsonschema import Draft202012Validator  # takes a second

    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    for node in everything():
        if "$ref" in node:
            assert lookup(node["$ref"]) is not None


def test_every_example_fits_its_schema():
    checked = 0
    for node in everything():
        if "schema" not in node:
            continue
        examples = [each["value"] for each in node.get("examples", {}).values()]
        for example in examples + [node[n] for n in ("example",) if n in node]:
            assert faults(node["schema"], example) == []
            checked += 1
    assert checked > 15


def test_every_error_is_a_problem():
    answers = [node for node in everything() if "responses" in node]

    for operation in (node["responses"] for node in answers):
        for status, answer in operation.items():
            described = lookup(answer["$ref"]) if "$ref" in answer else answer
            forms = set(described["content"])
            if "application/problem+json" in forms:
                # People are told of what is wrong on a page.
                assert forms <= {"application/problem+json", "text/html"}
            else:
                assert forms <= {"application/json", "text/event-stream", *TEXTS}
                assert status.startswith("2") or status == "503"


def test_messages_are_the_ones_that_sockets_are_sent():
    shared = SCHEMAS.keys() & asyncapi.DOCUMENT["components"]["schemas"].keys()

    assert shared >= {"Welcome", "SubmissionUpdate", "EmailUpdate"}
    for name in shared - {"Change"}:  # there an event of the bus, here what causes it
        assert SCHEMAS[name] == asyncapi.lookup(f"#/components/schemas/{name}"), name


def test_bounds_are_those_of_the_code():
    given = {
        node["name"]: node["schema"]
        for node in everything()
        if node.get("in") == "query"
    }

    assert given["limit"]["maximum"] == parameters.MAX_PAGE
    assert given["limit"]["default"] == parameters.DEFAULT_PAGE
    assert given["minutes"]["maximum"] == MAX_MINUTES
    assert given["type"]["enum"] == list(TYPES)
    assert SCHEMAS["Text"]["maxLength"] == parameters.MAX_LENGTH
    assert SCHEMAS["Cursor"]["maxLength"] == cursors.MAX_CURSOR_LENGTH
