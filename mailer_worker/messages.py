"""A mail as it is handed over, and the id that it keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail ready to be sent; `message_id` is the same at every attempt."""

    to: str
    subject: str
    text: str
    html: str
    tag: str
    event_id: str
    submission_id: str
    message_id: str


def message_id_of(event_id: str, domain: str) -> str:
    """Return the Message-Id of the mail that an event causes (RFC 5322, 3.6.4)."""
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda m: f"={ord(m[0]):x}", event_id)
    return f"<{safe}@{domain}>"
