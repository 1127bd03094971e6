"""What an answer of HTTP says about the one who gave it."""

from __future__ import annotations

import json
from typing import Any

from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.http import Answer, NoAnswer, Reply
from shared.version import __version__

SERVICES, EDGE = "Services", "Edge"


def document_of(answer: Answer) -> Any:
    """Return the body's JSON, None where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def health(group: str, name: str, reply: Reply, *, start: str) -> list[Finding]:
    """Say what a `/health` tells; `start` is how to start what does not answer."""
    if isinstance(reply, NoAnswer):
        return [fault(group, name, f"is not reached: {reply.reason}", start)]
    told = document_of(reply)
    status = told.get("status") if isinstance(told, dict) else None
    match status:
        case "healthy":
            return [_version(group, name, str(told.get("version", "")))]
        case "degraded" | "draining":
            text = f"works and is {status}"
            remedy = "Read its /health: the part that is not well has a reason."
            return [warning(group, name, text, remedy)]
        case "unhealthy":
            text = "is unhealthy"
            remedy = (
                "Read its /health and its log; docs/operations.md says what each"
                " line means."
            )
            return [fault(group, name, text, remedy)]
    return [fault(group, name, f"answers {reply.status} to /health", _SOMEBODY_ELSE)]


_SOMEBODY_ELSE = (
    "Something else listens there, or the way through the edge is broken: compare the"
    " *_BIND variables, and read the edge's log."
)


def _version(group: str, name: str, version: str) -> Finding:
    if version and version != __version__:
        text = f"healthy, and of version {version} while this is {__version__}"
        return warning(group, name, text, f"Restart the {name} with this version.")
    return ok(group, name, "healthy")
