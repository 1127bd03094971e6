"""What becomes of a request: accepted with an event, ignored, or refused.

Pure: the caller passes the time, a fresh id and the secrets' keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus

import msgspec
from werkzeug.http import parse_options_header

from ingest_service import payloads
from shared import events, signature
from shared.errors import Malformed
from shared.events import ChangeEvent

SOURCE = "/melotech/ingest"


class Endpoint(Enum):
    """The two webhooks of the user's document."""

    UPDATE = "submission-update"
    STATUS = "submission-status-update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The facts of a request; `headers` by lower-case name."""

    endpoint: Endpoint
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator has set: HMAC keys, tolerance in seconds, the table.

    `static_secrets` are what `X-Webhook-Secret` may be; none where it is not allowed.
    """

    keys: Sequence[bytes] = field(repr=False)
    tolerance: float
    table: str = "submissions"
    static_secrets: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Publish `event`, and answer 202 once it is safe."""

    event: ChangeEvent


@dataclass(frozen=True, slots=True)
class Ignored:
    """Authentic and well-formed, but not for us: answer 200."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Answer `status` as problem+json; `path` is where in the body the fault lies.

    `retry_after` is in seconds.
    """

    status: HTTPStatus
    detail: str
    path: str | None = None
    retry_after: int | None = None


Decision = Accepted | Ignored | Refused


def needs_body(headers: Mapping[str, str], rules: Rules) -> bool:
    """Tell whether the body can matter; without any proof of the sender it cannot."""
    return signature.is_signed(headers) or _claims_static(headers, rules)


def decide(request: Request, rules: Rules, *, now: float, new_id: str) -> Decision:
    """Decide a request. Nothing of the body is parsed before its signature holds.

    `now` is Unix time in seconds; `new_id` serves where the sender gave no id.
    """
    verdict = _verdict(request, rules, now)
    if isinstance(verdict, signature.Refused):
        return Refused(status=HTTPStatus.UNAUTHORIZED, detail=verdict.reason)
    unsupported = unsupported_media(request.headers)
    if unsupported:
        return Refused(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail=unsupported)
    try:
        return _understand(
            request, rules, now=now, event_id=verdict.webhook_id or new_id
        )
    except payloads.NotJson as error:
        return Refused(status=HTTPStatus.BAD_REQUEST, detail=error.reason)
    except Malformed as error:
        return Refused(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            detail=error.reason,
            path=error.path,
        )


def event_of(
    body: bytes,
    *,
    table: str,
    now: float,
    event_id: str,
    sequence: str | msgspec.UnsetType = msgspec.UNSET,
    traceparent: str | msgspec.UnsetType = msgspec.UNSET,
) -> Accepted | Ignored:
    """Return the event that a payload tells of, by whichever way it came.

    `now` is Unix time in seconds. Raises Malformed where the payload is none.
    """
    payload = payloads.read(body)
    named, schema = payloads.table_of(payload)
    if named != table:
        return Ignored(f"only changes of the table {table!r} are taken")
    if schema not in {None, "public"}:
        return Ignored("only changes in the schema 'public' are taken")
    change = payloads.change_of(payload)
    return Accepted(
        ChangeEvent(
            id=event_id,
            source=SOURCE,
            type=payloads.event_type(change),
            subject=change.submission_id,
            time=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            data=change,
            sequence=sequence,
            fingerprint=payloads.fingerprint(change),
            traceparent=traceparent,
        )
    )


def _verdict(
    request: Request, rules: Rules, now: float
) -> signature.Verified | signature.Refused:
    headers = request.headers
    if not signature.is_signed(headers) and _claims_static(headers, rules):
        return signature.verify_static(headers, rules.static_secrets)
    return signature.verify(
        request.body, headers, keys=rules.keys, now=now, tolerance=rules.tolerance
    )


def _claims_static(headers: Mapping[str, str], rules: Rules) -> bool:
    return bool(rules.static_secrets and headers.get(signature.STATIC))


def _understand(
    request: Request, rules: Rules, *, now: float, event_id: str
) -> Accepted | Ignored:
    told = event_of(
        request.body,
        table=rules.table,
        now=now,
        event_id=event_id,
        sequence=_sequence(request.headers),
        traceparent=traceparent_of(request.headers.get("traceparent", "")),
    )
    if isinstance(told, Ignored) or request.endpoint is Endpoint.UPDATE:
        return told
    if told.event.type != events.STATUS_CHANGED:
        return Ignored("the status did not change")
    return told


def unsupported_media(headers: Mapping[str, str]) -> str | None:
    """Return why the body cannot be taken as it is announced; None where it can."""
    announced = headers.get("content-type")
    if announced != "application/json":  # as pg_net always writes it
        media_type, parameters = parse_options_header(announced)
        if media_type.lower() != "application/json":
            return "the body must be application/json"
        if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            return "the body must be in UTF-8"
    if headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        return "content encodings are not taken: send the body as it is"
    return None


def _sequence(headers: Mapping[str, str]) -> str | msgspec.UnsetType:
    text = headers.get("x-change-sequence", "")
    plain = text.isascii() and text.isdigit() and len(text) <= 19
    return str(int(text)) if plain else msgspec.UNSET


def traceparent_of(text: str) -> str | msgspec.UnsetType:
    """Return a `traceparent` header, unset where it is none."""
    # W3C Trace Context: 2-32-16-2 hexadecimal digits; anything else is not passed on.
    parts = text.split("-")
    fits = [len(part) for part in parts] == [2, 32, 16, 2]
    whole = fits and all(c in "0123456789abcdef" for part in parts for c in part)
    return text if whole else msgspec.UNSET
