"""The AsyncAPI document as a judge of messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT7

PATH = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))

_URI = "urn:melotech:asyncapi"
_registry: Registry[Any] = Registry().with_resource(
    _URI, DRAFT7.create_resource(DOCUMENT)
)


def lookup(reference: str) -> Any:
    """Return what a reference such as `#/components/messages/ping` leads to."""
    return _registry.resolver(_URI).lookup(reference).contents


def messages_of(channel: str, action: str) -> dict[str, Any]:
    """Return the messages by name that are sent, or received, on a channel."""
    return {
        message["name"]: message
        for operation in DOCUMENT["operations"].values()
        if operation["channel"]["$ref"] == f"#/channels/{channel}"
        and operation["action"] == action
        for reference in operation["messages"]
        for message in [lookup(lookup(reference["$ref"])["$ref"])]
    }


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what is wrong with a value, nothing where it fits the schema."""
    from jsonschema import Draft7Validator  # takes a second

    pointed = {"$ref": f"{_URI}{schema['$ref']}"} if "$ref" in schema else schema
    validator = Draft7Validator(pointed, registry=_registry)
    return [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)
    ]


def faults_of_text(text: str | bytes, messages: dict[str, Any]) -> list[str]:
    """Return why a text is none of these messages, nothing where it is one."""
    try:
        value = _strictly_read(text)
    except (ValueError, RecursionError) as error:
        return [f"no JSON: {error}"]
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in messages:
        return [f"no message of this channel: {kind!r}"]
    return faults(messages[kind]["payload"], value)


def _strictly_read(text: str | bytes) -> Any:
    # Python's own reader takes NaN, numbers beyond all floats, and halves of letters.
    value = json.loads(text, parse_constant=_refuse)
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
