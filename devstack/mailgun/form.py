"""What Mailgun makes of a form: a message, or the sentence that says what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any

Fields = list[tuple[str, str]]
MAX_RECIPIENTS = 1_000
MAX_TAGS = 3
#: All o:, h:, v: and t: parameters together, in bytes.
MAX_OPTION_BYTES = 16_384


class Rejected(Exception):
    """Mailgun answers 400 with this sentence."""


def message_of(fields: Fields, *, domain: str, fresh_id: str) -> dict[str, Any]:
    """Return the message; raise Rejected."""
    first = dict(reversed(fields))
    to = _all(fields, "to")
    if not first.get("from"):
        raise Rejected("from parameter is missing")
    if not to:
        raise Rejected("to parameter is missing")
    _check_addresses("from", [first["from"]])
    _check_addresses("to", to)
    if not any(first.get(name) for name in ("text", "html", "template")):
        raise Rejected("Need at least one of 'text', 'html' or 'template' parameters")
    options = [(k, v) for k, v in fields if k[:2] in {"o:", "h:", "v:", "t:"}]
    if sum(len(k.encode()) + len(v.encode()) for k, v in options) > MAX_OPTION_BYTES:
        raise Rejected("o:, h:, v: and t: parameters exceed 16 KB")
    headers = {k[2:]: v for k, v in options if k.startswith("h:")}
    named = next((v for k, v in headers.items() if k.lower() == "message-id"), None)
    return {
        "id": _bracketed(named) if named else f"<{fresh_id}@{domain}>",
        "to": ", ".join(to),
        "from": first["from"],
        "subject": first.get("subject", ""),
        "text": first.get("text", ""),
        "html": first.get("html", ""),
        "tags": _all(fields, "o:tag")[:MAX_TAGS],
        "variables": {k[2:]: v for k, v in options if k.startswith("v:")},
        "headers": headers,
        "options": {k[2:]: v for k, v in options if k[:2] == "o:" and k != "o:tag"},
        "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def _all(fields: Fields, name: str) -> list[str]:
    return [value for key, value in fields if key == name and value]


def _check_addresses(name: str, values: list[str]) -> None:
    found = getaddresses(values)
    valid = all(
        local and "." in domain and " " not in address
        for _, address in found
        for local, _, domain in [address.rpartition("@")]
    )
    if not found or not valid or len(found) > MAX_RECIPIENTS:
        reason = f"'{name}' parameter is not a valid address"
        raise Rejected(f"{reason}. please check documentation")


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip().strip('<>')}>"
