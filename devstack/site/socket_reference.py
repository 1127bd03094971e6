"""docs/asyncapi.yaml as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from devstack.site.schemas import (
    Document,
    cell,
    example,
    resolve,
    sections,
    shape,
    table,
)

_RECONNECT = {"never": "no", "later": "after a delay", "now": "at once"}


def page(document: Document) -> str:
    """Return the Markdown of the whole document."""
    components = document["components"]
    lines = ["# Sockets and bus reference", "", document["info"]["description"], ""]
    lines += ["## Channels"]
    for channel in document["channels"].values():
        lines += _channel(document, channel)
    lines += ["", "## Close codes", ""]
    lines += table(
        ["code", "reason", "reconnect"],
        [
            (each["code"], each["reason"], _RECONNECT[each["reconnect"]])
            for each in components["x-close-codes"]
        ],
    )
    lines += ["## Messages"]
    for name, message in components["messages"].items():
        lines += _message(document, name, message)
    lines += ["", "## Schemas", *sections(document, level="###")]
    return "\n".join(lines) + "\n"


def _channel(document: Document, channel: Mapping[str, Any]) -> Iterator[str]:
    yield from ["", f"### {channel['address']}", "", f"**{channel['title']}.**", ""]
    if said := channel.get("description"):
        yield from [cell(said), ""]
    yield from table(
        ["parameter", "values", "meaning"],
        [
            (f"`{name}`", ", ".join(p.get("enum", ())), p.get("description", ""))
            for name, p in channel.get("parameters", {}).items()
        ],
    )
    names = [each["$ref"].rsplit("/", 1)[-1] for each in channel["messages"].values()]
    yield from [
        "Messages: " + ", ".join(f"[{n}](#message-{n.lower()})" for n in names),
        "",
    ]
    if bound := channel.get("x-bound-to"):
        yield from ["Bound to: " + ", ".join(f"`{key}`" for key in bound), ""]
    yield from table(
        ["argument", "value"],
        [
            (f"`{name}`", f"`{json.dumps(value)}`")
            for name, value in channel.get("x-arguments", {}).items()
        ],
    )


def _message(document: Document, name: str, message: Any) -> Iterator[str]:
    message = resolve(document, message)
    yield from ["", f"### Message {name}", "", f"**{message['title']}.**", ""]
    if said := message.get("summary"):
        yield from [cell(said), ""]
    yield from [f"Payload: {shape(message['payload'])}", ""]
    if headers := message.get("headers"):
        yield from [f"Headers: {shape(headers)}", ""]
    for each in message.get("examples", ())[:2]:
        if title := each.get("name"):
            yield from [f"{cell(title).capitalize()}:", ""]
        yield from example(each["payload"])
