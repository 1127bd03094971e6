"""What requests are counted as: a small fixed set of endpoints and of outcomes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

Outcome = Literal[
    "published",  # the broker has it
    "spooled",  # the spool has it
    "ignored",  # authentic, and not for us
    "shown",  # the page that asks whether mails are to end
    "unauthorized",  # no signature that holds
    "replayed",  # Mailgun's token has been used
    "malformed",
    "too_large",
    "timed_out",  # it did not come in time
    "rate_limited",
    "unknown",  # no such address, or not by this method
    "unavailable",  # 503: the sender may try again
    "failed",  # an error on our side
]
OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined]

OTHER = "other"
ENDPOINTS = (
    "submission-update",
    "submission-status-update",
    "mailgun",
    "unsubscribe",
    OTHER,
)

_PATHS = {f"/webhook/{name}": name for name in ENDPOINTS[:3]}
_UNSUBSCRIBE = "/unsubscribe/"
#: What watches the service; counted, it would drown who does not.
_WATCHERS = frozenset({"/health", "/ready", "/metrics"})

_BY_STATUS: dict[int, Outcome] = {
    HTTPStatus.OK: "ignored",
    HTTPStatus.ACCEPTED: "published",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.NOT_FOUND: "unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "unknown",
    HTTPStatus.REQUEST_TIMEOUT: "timed_out",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "too_large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
_OUTCOME = "melotech.outcome"


def endpoint_of(path: str) -> str | None:
    """Return the endpoint that a request is for, None where it is not counted."""
    if path in _WATCHERS:
        return None
    if path.startswith(_UNSUBSCRIBE):
        return "unsubscribe"
    return _PATHS.get(path.removesuffix("/"), OTHER)


def note(environ: dict[str, Any], outcome: Outcome) -> None:
    """Say what a request came to, where the answer's status does not."""
    environ[_OUTCOME] = outcome


def outcome_of(status: int, environ: dict[str, Any]) -> Outcome:
    """Return what a request came to: what was noted, else what its status says."""
    noted: Outcome | None = environ.get(_OUTCOME)
    return noted or of_status(status)


def of_status(status: int) -> Outcome:
    """Return what an answer's status says."""
    found = _BY_STATUS.get(status)
    if found is not None:
        return found
    own = status == HTTPStatus.INTERNAL_SERVER_ERROR
    return "failed" if own else "malformed"
