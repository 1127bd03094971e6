"""A mail ready to be sent: to whom, what it says, and what it is known again by."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from shared.tracing.spans import Traceparent


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail; `message_id` is the same at every attempt, and so finds it at Mailgun.

    `unsubscribe_url` is for mail clients; the text has it too, where there is one.
    """

    to: str
    subject: str
    text: str
    html: str
    tag: str
    event_id: str
    submission_id: str
    message_id: str
    unsubscribe_url: str | None = None
    #: Of the change that it is about, or of what is done about it.
    traceparent: Traceparent = msgspec.UNSET


def message_id_of(event_id: str, domain: str) -> str:
    """Return the Message-Id of the mail that an event causes (RFC 5322, 3.6.4)."""
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda m: f"={ord(m[0]):x}", event_id)
    return f"<{safe}@{domain}>"
