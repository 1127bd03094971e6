"""JSON Schemas as Markdown tables, for the pages made of OpenAPI and AsyncAPI."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]

_LIMITS = {
    "minimum": "from {}",
    "maximum": "up to {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}


def resolve(document: Document, node: Any) -> Any:
    """Return what a reference within the document leads to, or the node itself."""
    while isinstance(node, Mapping) and "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def cell(text: object) -> str:
    """Return text for a table's cell: on one line, with no bar that would end it."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a table, and an empty one; nothing where there is no row."""
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(map(cell, row))} |" for row in lines] + [""]


def example(value: Any) -> list[str]:
    """Return the lines of a JSON example."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return ["```json", *text.splitlines(), "```", ""]


def sections(document: Document, *, level: str = "##") -> Iterator[str]:
    """Yield a section with a table for each schema of the document's components."""
    for name, schema in document["components"]["schemas"].items():
        yield from ["", f"{level} {name}", ""]
        if said := schema.get("description"):
            yield from [cell(said), ""]
        yield from table(
            ["member", "value", "", "meaning"], list(_members(document, schema))
        ) or [described(schema), ""]


def described(schema: Any) -> str:
    """Return what values a schema takes, with their limits."""
    return f"{shape(schema)}{_limits(schema)}"


def shape(schema: Any) -> str:
    """Return in a few words what values a schema takes, with links to named ones."""
    if not isinstance(schema, Mapping):
        return "anything"
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
    if "enum" in schema:
        return ", ".join(
            f"`{json.dumps(e, ensure_ascii=False)}`" for e in schema["enum"]
        )
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " or ".join(shape(each) for each in schema[key])
    if "allOf" in schema:
        return " and ".join(shape(each) for each in schema["allOf"])
    return _plain(schema)


def _plain(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "anything")
    word = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if "items" in schema:
        return f"{word} of {shape(schema['items'])}"
    return word


def _limits(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return ""
    said = [text.format(schema[k]) for k, text in _LIMITS.items() if k in schema]
    if "default" in schema:
        said.append(f"default `{json.dumps(schema['default'])}`")
    return f" ({', '.join(said)})" if said else ""


def _members(document: Document, schema: Any) -> Iterator[tuple[str, str, str, str]]:
    schema = resolve(document, schema)
    for part in schema.get("allOf", ()):
        yield from _members(document, part)
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        plain = value if isinstance(value, Mapping) else {}
        need = "required" if name in required else ""
        said = cell(plain.get("description", ""))
        yield f"`{name}`", described(value), need, said
