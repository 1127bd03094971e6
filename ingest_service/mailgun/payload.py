"""Mailgun's webhook payload -> what happened to a mail, or a typed refusal.

The shape: `signature`, and `event-data` with the event, its id and time, the recipient,
the server's answer, and the variables (`v:`) that the mail was sent with.
Source: Mailgun's user manual, "Webhook Payloads".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from ingest_service import payloads
from ingest_service.mailgun.signature import Signature
from shared import events
from shared.errors import Malformed
from shared.events import Severity, Suppression

#: Mailgun's words for what we tell of.
KINDS = {
    "accepted": events.EMAIL_ACCEPTED,
    "delivered": events.EMAIL_DELIVERED,
    "failed": events.EMAIL_FAILED,
    "complained": events.EMAIL_COMPLAINED,
    "unsubscribed": events.EMAIL_UNSUBSCRIBED,
    "opened": events.EMAIL_OPENED,
    "clicked": events.EMAIL_CLICKED,
}

#: Why Mailgun itself sends nothing to an address, and why it never will.
_SUPPRESSED: Mapping[str, Suppression] = {
    "suppress-bounce": "bounced",
    "suppress-complaint": "complained",
    "suppress-unsubscribe": "unsubscribed",
}

T = TypeVar("T")

_NULL = msgspec.Raw(b"null")

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Id = _Text | Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
#: An address has at most 254 characters.
_Address = Annotated[str, msgspec.Meta(max_length=500)]
#: Unix time in seconds, to the year 5138.
_Moment = Annotated[float, msgspec.Meta(gt=0, lt=1e11)]


class Happening(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The `event-data`, what we read of it; the rest may be anything."""

    event: _Text
    id: _Text
    timestamp: _Moment
    recipient: _Address | None = None
    severity: str | None = None
    reason: str | None = None
    delivery_status: msgspec.Raw = _NULL
    user_variables: msgspec.Raw = _NULL


class Variables(msgspec.Struct, frozen=True, kw_only=True):
    """What the mailer gave the mail to take along (`v:`)."""

    event_id: _Id
    submission_id: _Id


class _Status(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    code: int | str | None = None
    message: str | None = None
    description: str | None = None
    bounce_type: Any = None


_signature_decoder = msgspec.json.Decoder(Signature)
_happening_decoder = msgspec.json.Decoder(Happening)
_variables_decoder = msgspec.json.Decoder(Variables)
_status_decoder = msgspec.json.Decoder(_Status)


def signature_of(payload: payloads.Payload) -> Signature:
    """Return the signature; raise Malformed where there is none."""
    return _member(_signature_decoder, payload, "signature")


def happening_of(payload: payloads.Payload) -> Happening:
    """Return what happened; raise Malformed where it cannot be understood."""
    return _member(_happening_decoder, payload, "event-data")


def variables_of(happening: Happening) -> Variables | None:
    """Return the mail's variables; None where it is not one of ours."""
    return _optional(_variables_decoder, happening.user_variables)


def severity_of(happening: Happening) -> Severity | msgspec.UnsetType:
    """Return how final a failure is, unset for all else; raise Malformed."""
    if happening.event != "failed":
        return msgspec.UNSET
    if happening.severity == "permanent":
        return "permanent"
    if happening.severity == "temporary":
        return "temporary"
    expected = "a failure is permanent or temporary"
    raise Malformed(expected, "$.event-data.severity")


def reason_of(happening: Happening) -> str | None:
    """Return the receiving server's words, else Mailgun's; only a failure has any."""
    if happening.event != "failed":
        return None
    status = _status_of(happening)
    words = status.description or status.message or happening.reason
    parts = [str(part) for part in (status.code, words) if part]
    return events.without_addresses(" ".join(parts)) or None


def suppression_of(happening: Happening) -> Suppression | msgspec.UnsetType:
    """Return why no further mail may go to the address, unset where one may.

    A soft bounce is the end of one mail and not of the address.
    """
    if happening.event == "unsubscribed":
        return "unsubscribed"
    if happening.event == "complained":
        return "complained"
    if happening.event != "failed" or happening.severity != "permanent":
        return msgspec.UNSET
    reason = happening.reason or ""
    if reason == "bounce" and _status_of(happening).bounce_type == "hard":
        return "bounced"
    return _SUPPRESSED.get(reason, msgspec.UNSET)


def _status_of(happening: Happening) -> _Status:
    return _optional(_status_decoder, happening.delivery_status) or _Status()


def _member(
    decoder: msgspec.json.Decoder[T], payload: payloads.Payload, name: str
) -> T:
    value = payload.get(name)
    if value is None:
        raise Malformed(f"there is no {name}", f"$.{name}")
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(str(error), f"$.{name}") from None


def _optional(decoder: msgspec.json.Decoder[T], value: msgspec.Raw) -> T | None:
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
