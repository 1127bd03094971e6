"""docs/openapi.yaml as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devstack.site.schemas import (
    Document,
    cell,
    described,
    example,
    resolve,
    sections,
    shape,
    table,
)

_TAGS = {"api": "API"}
_METHODS = ("get", "post", "put", "patch", "delete")


def page(document: Document) -> str:
    """Return the Markdown of the whole document."""
    lines = ["# HTTP reference", "", document["info"]["description"]]
    for tag in document["tags"]:
        lines += [
            "",
            f"## {_TAGS.get(tag['name'], tag['name'].capitalize())}",
            "",
            tag["description"],
            "",
        ]
        for address, item in document["paths"].items():
            for method in _METHODS:
                if tag["name"] in item.get(method, {}).get("tags", ()):
                    lines += _operation(
                        document, f"{method.upper()} {address}", item, method
                    )
    lines += ["", "## Schemas", *sections(document, level="###")]
    return "\n".join(lines) + "\n"


def _operation(
    document: Document, title: str, item: Mapping[str, Any], method: str
) -> Iterator[str]:
    operation = item[method]
    yield from ["", f"### {title}", "", f"**{operation['summary']}.**", ""]
    if said := operation.get("description"):
        yield from [said, ""]
    yield from _security(operation)
    found = [*item.get("parameters", ()), *operation.get("parameters", ())]
    parameters = [resolve(document, each) for each in found]
    yield from table(
        ["parameter", "in", "value", "meaning"],
        [
            (
                f"`{p['name']}`",
                p["in"],
                described(p["schema"]),
                p.get("description", ""),
            )
            for p in parameters
        ],
    )
    yield from _body(document, operation.get("requestBody"))
    yield from table(
        ["answer", "body", "when"],
        [_answer(document, *each) for each in operation["responses"].items()],
    )
    yield from _examples(document, operation)


def _security(operation: Mapping[str, Any]) -> Iterator[str]:
    ways = [
        " with ".join(f"`{n}`" for n in way) for way in operation.get("security", ())
    ]
    if any(ways):
        yield from [f"Needs {', or '.join(way or 'nothing' for way in ways)}.", ""]


def _body(document: Document, body: Any) -> Iterator[str]:
    body = resolve(document, body)
    if not body:
        return
    kinds = ", ".join(
        f"`{kind}`: {shape(content.get('schema'))}"
        for kind, content in body["content"].items()
    )
    yield from [f"Body: {kinds}. {cell(body.get('description', ''))}", ""]


def _answer(document: Document, status: str, response: Any) -> tuple[str, str, str]:
    response = resolve(document, response)
    shapes = [shape(c.get("schema")) for c in response.get("content", {}).values()]
    return status, ", ".join(dict.fromkeys(shapes)), response["description"]


def _examples(document: Document, operation: Mapping[str, Any]) -> Iterator[str]:
    for response in operation["responses"].values():
        for content in resolve(document, response).get("content", {}).values():
            if isinstance(content.get("example"), dict):
                yield from example(content["example"])
                return
