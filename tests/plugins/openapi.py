"""The OpenAPI document as a judge of answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT202012

PATH = Path(__file__).parents[2] / "docs" / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METHODS = frozenset({"get", "put", "post", "delete", "patch"})

_URI = "urn:melotech:openapi"
_registry: Registry[Any] = Registry().with_resource(
    _URI, DRAFT202012.create_resource(DOCUMENT)
)


def lookup(reference: str) -> Any:
    """Return what a reference such as `#/components/schemas/Row` leads to."""
    return _registry.resolver(_URI).lookup(reference).contents


def operations() -> set[tuple[str, str]]:
    """Return the address and method of each operation."""
    return {
        (path, method)
        for path, item in DOCUMENT["paths"].items()
        for method in item.keys() & METHODS
    }


def everything() -> Iterator[dict[str, Any]]:
    """Return each object of the document."""
    waiting: list[Any] = [DOCUMENT]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def faults(schema: Any, value: Any) -> list[str]:
    """Return what is wrong with a value, nothing where it fits the schema."""
    from jsonschema import Draft202012Validator  # takes a second

    validator = Draft202012Validator(_absolute(schema), registry=_registry)
    return [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)
    ]


def _absolute(node: Any) -> Any:
    # References lead into the document, wherever the schema stands.
    if isinstance(node, dict):
        return {
            name: f"{_URI}{value}" if name == "$ref" else _absolute(value)
            for name, value in node.items()
        }
    return [_absolute(each) for each in node] if isinstance(node, list) else node
