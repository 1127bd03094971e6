"""docs/asyncapi.yaml is sound in itself and says what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer_worker import settlement
from shared import events
from shared.events import ChangeEvent
from shared.topology import TOPOLOGY
from shared.version import __version__
from tests.plugins.asyncapi import DOCUMENT, faults, lookup

VECTORS = Path(__file__).parents[1] / "vectors"
MESSAGES = DOCUMENT["components"]["messages"]
BUS = ("submission", "email", "access")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_reference_leads_somewhere():
    for reference in set(references(DOCUMENT)):
        assert lookup(reference) is not None, reference


def test_every_component_is_referred_to():
    used = set(references(DOCUMENT))

    for kind, components in DOCUMENT["components"].items():
        if isinstance(components, dict):
            unused = [n for n in components if f"#/components/{kind}/{n}" not in used]
            assert unused == [], kind


def test_operations_name_messages_of_their_own_channel_and_together_all_of_them():
    operations = DOCUMENT["operations"].values()
    named = set()
    for operation in operations:
        channel = operation["channel"]["$ref"]
        messages = [each["$ref"] for each in operation["messages"]]
        assert all(each.startswith(f"{channel}/messages/") for each in messages)
        named |= set(messages)

    assert named == {
        f"#/channels/{name}/messages/{message}"
        for name, channel in DOCUMENT["channels"].items()
        for message in channel["messages"]
    }


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name):
    from jsonschema import Draft7Validator  # takes a second

    Draft7Validator.check_schema(DOCUMENT["components"]["schemas"][name])


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_examples_that_fit_its_schemas(name):
    message = MESSAGES[name]

    assert message["examples"]
    for example in message["examples"]:
        assert faults(message["payload"], example["payload"]) == []
        if "headers" in example:
            assert faults(message["headers"], example["headers"]) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_schemas_tell_the_messages_apart(name):
    example = MESSAGES[name]["examples"][0]["payload"]

    others = {
        other
        for other, message in MESSAGES.items()
        if faults(message["payload"], example) == []
    }
    # A status change is what an attempt of the mailer carries.
    assert others - {name} <= {"attempt", "submissionStatusChanged"}


def test_examples_of_the_bus_are_events_to_our_own_reader():
    for message in MESSAGES.values():
        kind = message["name"].partition(".")[0]
        if kind in BUS:
            body = json.dumps(message["examples"][0]["payload"]).encode()
            event = events.decode(body)
            assert event.type == message["name"]
            assert kind != "submission" or isinstance(event, ChangeEvent)


def test_close_codes_are_those_of_the_vectors():
    codes = json.loads((VECTORS / "close_codes.json").read_text())

    assert DOCUMENT["components"]["x-close-codes"] == codes


def test_queues_and_exchange_are_those_of_the_topology():
    described = {}
    for channel in DOCUMENT["channels"].values():
        amqp = channel["bindings"].get("amqp", {})
        if amqp.get("is") == "queue":
            assert amqp["queue"]["name"] == channel["address"]
            described |= dict(queues_of(channel))

    assert described == {
        queue.name: (dict(queue.arguments), list(queue.routing_keys))
        for queue in TOPOLOGY.queues
    }
    exchange = DOCUMENT["channels"]["changes"]["bindings"]["amqp"]["exchange"]
    assert exchange["name"] == TOPOLOGY.exchange
    assert exchange["type"] == "topic"


def queues_of(channel):
    facts = channel["x-arguments"], channel["x-bound-to"]
    delays = channel.get("parameters", {}).get("delay", {}).get("enum")
    if delays is None:
        yield channel["address"], facts
        return
    for delay in delays:
        lifetime = {"x-message-ttl": channel["x-message-ttl"][delay]}
        yield channel["address"].format(delay=delay), (facts[0] | lifetime, facts[1])


def test_headers_of_an_attempt_are_those_of_the_mailer():
    described = DOCUMENT["components"]["schemas"]["AttemptHeaders"]["properties"]

    assert set(described) == {
        settlement.ATTEMPT_HEADER,
        settlement.WAITED_HEADER,
        settlement.REASON_HEADER,
        settlement.STATUS_HEADER,
        settlement.DEAD_AT_HEADER,
    }


def test_version_is_the_project_s():
    assert DOCUMENT["info"]["version"] == __version__
