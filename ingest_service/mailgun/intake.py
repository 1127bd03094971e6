"""What becomes of a webhook of Mailgun's: accepted with an event, ignored, or refused.

Pure: the caller passes the time and the keys. Mailgun takes 200 as done and 406 as
never to be tried again; with anything else it tries again, six times in eight hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec

from ingest_service import payloads
from ingest_service.intake import unsupported_media
from ingest_service.mailgun import payload as read
from ingest_service.mailgun import signature
from ingest_service.mailgun.payload import Happening, Variables
from ingest_service.mailgun.signature import Distrusted, Stamp
from shared import events
from shared.addresses import key_of
from shared.errors import Malformed
from shared.events import EmailData, EmailEvent

SOURCE = "/melotech/ingest/mailgun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator has set: signing keys, and the age in seconds."""

    keys: Sequence[bytes] = field(repr=False)
    max_age: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """Publish `event`, and answer 200 once it is safe."""

    stamp: Stamp = field(repr=False)
    event: EmailEvent


@dataclass(frozen=True, slots=True)
class Ignored:
    """Authentic, but nothing that we tell of: answer 200."""

    stamp: Stamp = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Answer `status`; `stamp` where the signature held, which is used up all the same.

    `path` is where in the body the fault lies.
    """

    status: HTTPStatus
    detail: str
    path: str | None = None
    stamp: Stamp | None = field(default=None, repr=False)


Decision = Accepted | Ignored | Refused


def decide(
    body: bytes, headers: Mapping[str, str], rules: Rules, *, now: float
) -> Decision:
    """Decide a webhook; `headers` by lower-case name, `now` is Unix time in seconds.

    The body must be parsed to find the signature; before it holds nothing else of the
    body is looked at.
    """
    wrong = unsupported_media(headers)
    if wrong:
        return _never(wrong)
    try:
        payload = payloads.read(body)
        given = read.signature_of(payload)
    except Malformed as error:
        return _never(error.reason, path=error.path)
    verdict = signature.verify(given, keys=rules.keys, now=now, max_age=rules.max_age)
    if isinstance(verdict, Distrusted):
        status = HTTPStatus.SERVICE_UNAVAILABLE if verdict.later else None
        return _never(verdict.reason, status=status)
    try:
        return _understand(payload, verdict)
    except Malformed as error:
        return _never(error.reason, path=error.path, stamp=verdict)


def _never(
    detail: str,
    *,
    path: str | None = None,
    stamp: Stamp | None = None,
    status: HTTPStatus | None = None,
) -> Refused:
    return Refused(
        status=status or HTTPStatus.NOT_ACCEPTABLE,
        detail=detail,
        path=path,
        stamp=stamp,
    )


def _understand(payload: payloads.Payload, stamp: Stamp) -> Accepted | Ignored:
    happening = read.happening_of(payload)
    if happening.event not in read.KINDS:
        return Ignored(stamp, f"{happening.event!r} is not told")
    about = read.variables_of(happening)
    if about is None:
        # A domain may send others' mails too, and Mailgun's own test names nothing.
        return Ignored(stamp, "the mail is none of ours: it names no event_id")
    return Accepted(stamp, _event(happening, about))


def _event(happening: Happening, about: Variables) -> EmailEvent:
    moment = datetime.fromtimestamp(happening.timestamp, UTC)
    recipient = "".join((happening.recipient or "").split())
    suppression = read.suppression_of(happening) if recipient else msgspec.UNSET
    return EmailEvent(
        id=_id(happening, about),
        source=SOURCE,
        type=read.KINDS[happening.event],
        subject=str(about.submission_id),
        time=moment.isoformat(timespec="milliseconds"),
        data=EmailData(
            submission_id=str(about.submission_id),
            outcome=happening.event,
            recipient=events.mask(recipient) if recipient else None,
            reason=read.reason_of(happening),
            cause=str(about.event_id),
            severity=read.severity_of(happening),
            suppression=suppression,
            recipient_key=key_of(recipient) if suppression else msgspec.UNSET,
        ),
    )


def _id(happening: Happening, about: Variables) -> str:
    kind = read.KINDS[happening.event]
    if kind == events.EMAIL_ACCEPTED:
        # The mailer tells it too, from Mailgun's answer; readers show it once.
        return events.derived_id(str(about.event_id), kind)
    # Mailgun's ids are unique within a day; the time makes them so for ever.
    purpose = f"mailgun {happening.event} {happening.timestamp}"
    return events.derived_id(happening.id, purpose)
