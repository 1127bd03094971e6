"""One line for each message of a socket."""

from __future__ import annotations

from typing import Any


def line(message: dict[str, Any]) -> str:
    """Return what a person wants to read of a server message."""
    data = message.get("data", {})
    match message.get("type"):
        case "welcome":
            kept = "nothing missed" if message["recovered"] else "live from here"
            return f"in room {message['room']}, {kept}"
        case "submission_update":
            changes = ", ".join(_changes(data))
            title = data["title"] or "(untitled)"
            return f"{data['event']:<6} {title}" + (f": {changes}" if changes else "")
        case "email_update":
            reason = f" ({data['reason']})" if data.get("reason") else ""
            recipient = data.get("recipient") or "nobody"
            delayed = " for now" if data.get("severity") == "temporary" else ""
            return f"MAIL   {data['outcome']}{delayed} to {recipient}{reason}"
        case other:
            return f"{other}: {message}"


def _changes(data: dict[str, Any]) -> list[str]:
    if data["event"] != "UPDATE":
        return [f"status {data['new_data']['status']}"] if data["new_data"] else []
    shown = [name for name in data["updated_fields"] if name != "updated_at"]
    return [
        f"{name} {data['old_data'].get(name)!r} -> {data['new_data'].get(name)!r}"
        for name in shown
    ]
