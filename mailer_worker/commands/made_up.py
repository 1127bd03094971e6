"""A made-up status change that asks the mailer for a real mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from mailer_worker.plan import written
from mailer_worker.settlement import WAITED_HEADER
from shared import events
from shared.amqp.message import Message
from shared.events import ChangeData, ChangeEvent, Row
from shared.topology import MAILER_QUEUE

SOURCE = "/melotech/mailer/test"
TITLE = "A test mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom to send it, and what it is to say."""

    to: str
    status: str
    title: str
    feedback: str | None
    locale: str | None


def change_for(mail: Asked, *, token: str, now: datetime) -> ChangeEvent:
    """Return the change of a submission that does not exist; `token` makes its ids."""
    submission_id = f"test-{token}"
    row = {
        "id": submission_id,
        "title": mail.title,
        "status": mail.status,
        "email": mail.to,
        "feedback": mail.feedback,
        "locale": mail.locale,
    }
    before = "in-review" if written(mail.status) == "pending" else "pending"
    return ChangeEvent(
        id=f"test_{token}",
        source=SOURCE,
        type=events.STATUS_CHANGED,
        subject=submission_id,
        time=now.isoformat(timespec="milliseconds"),
        data=ChangeData(
            operation="UPDATE",
            submission_id=submission_id,
            title=mail.title,
            updated_fields=["status"],
            record=_raw(row),
            old_record=_raw(row | {"status": before}),
        ),
    )


def message_for(event: ChangeEvent) -> Message:
    """Return its message for the mailer alone: no dashboard shows what is made up."""
    return Message.of(event).to_queue(MAILER_QUEUE, {WAITED_HEADER: 1})


def _raw(row: dict[str, str | None]) -> Row:
    return {
        column: msgspec.Raw(msgspec.json.encode(value))
        for column, value in row.items()
        if value is not None
    }
