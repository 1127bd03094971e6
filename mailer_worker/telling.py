"""What the bus is told of a mail: the events of a status change's outcome."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared import events
from shared.amqp.message import Message
from shared.events import ChangeEvent, EmailData, EmailEvent, Severity

SOURCE = "/melotech/mailer"


def accepted(event: ChangeEvent, recipient: str, *, now: datetime) -> Message:
    """Tell that Mailgun has the mail."""
    data = _data(event, "accepted", recipient=recipient)
    return _message(event, events.EMAIL_ACCEPTED, data, now)


def skipped(event: ChangeEvent, reason: str, *, now: datetime) -> Message:
    """Tell that there is no mail for the change, and why."""
    data = _data(event, "skipped", reason=reason)
    return _message(event, events.EMAIL_SKIPPED, data, now)


def uncertain(
    event: ChangeEvent, recipient: str, reason: str, *, now: datetime
) -> Message:
    """Tell that nobody knows whether Mailgun has the mail."""
    data = _data(event, "uncertain", recipient=recipient, reason=reason)
    return _message(event, events.EMAIL_UNCERTAIN, data, now)


def failed(event: ChangeEvent, reason: str, *, now: datetime) -> Message:
    """Tell that the change is a dead letter, and why."""
    data = _data(event, "failed", reason=reason, severity="permanent")
    return _message(event, events.EMAIL_FAILED, data, now)


def _data(
    event: ChangeEvent,
    outcome: str,
    *,
    recipient: str | None = None,
    reason: str | None = None,
    severity: Severity | msgspec.UnsetType = msgspec.UNSET,
) -> EmailData:
    return EmailData(
        submission_id=event.data.submission_id,
        outcome=outcome,
        recipient=events.mask(recipient) if recipient else None,
        reason=reason,
        status=events.text_of(event.data.record or {}, "status"),
        cause=event.id,
        severity=severity,
    )


def _message(event: ChangeEvent, kind: str, data: EmailData, now: datetime) -> Message:
    return Message.of(
        EmailEvent(
            # The same at every attempt: told twice, it is shown once.
            id=events.derived_id(event.id, kind),
            source=SOURCE,
            type=kind,
            subject=event.subject,
            time=now.isoformat(timespec="milliseconds"),
            data=data,
            traceparent=event.traceparent,
        )
    )
